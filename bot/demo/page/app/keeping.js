// What a person has typed, and where they are, while what they look at is drawn anew.

import { readAnswers } from "../controls.js";

const FOCUSABLE = "a[href], button, input, textarea, select, summary, [tabindex]";

/** Put `fresh` nodes into `root`, for what was there; what was filled in stays, and the focus. */
export function replaceKeeping(root, ...fresh) {
  const place = findPlace(root);
  const old = [...root.childNodes];
  root.replaceChildren(...fresh);
  carryFilled(old, root);
  if (place) returnTo(root, place);
}

/** Read all that is filled in inside `root`, and as empty what was emptied: it would else count as left alone. */
export function readFilled(root) {
  const emptied = [...root.querySelectorAll(".control[data-name]")].filter(wasEmptied);
  const answers = emptied.map(({ dataset }) => [dataset.name, dataset.kind === "checkboxes" ? [] : ""]);
  return { ...Object.fromEntries(answers), ...readAnswers(root) };
}

function wasEmptied(control) {
  const boxes = [...control.querySelectorAll("input[type=checkbox]")];
  if (boxes.length) return boxes.some((box) => box.defaultChecked) && !boxes.some((box) => box.checked);
  const field = control.querySelector("input:not([type=radio]), textarea");
  return Boolean(field?.defaultValue) && !field.value;
}

/** Fill into `root` what a person had filled into the same controls of `old`, nodes that are not shown any more. */
export function carryFilled(old, root) {
  const holder = document.createDocumentFragment();
  holder.append(...old);
  const before = new Map([...holder.querySelectorAll(".control[data-name]")].map((one) => [one.dataset.name, one]));
  for (const control of root.querySelectorAll(".control[data-name]")) {
    const same = before.get(control.dataset.name);
    if (same?.dataset.kind === control.dataset.kind) carryControl(same, control);
  }
}

function carryControl(from, to) {
  const [old, select] = [from.querySelector("select"), to.querySelector("select")];
  if (old && select) return carryChoice(old, select);
  const filled = new Map([...from.querySelectorAll("input, textarea")].map((one) => [nameField(one), one]));
  for (const field of to.querySelectorAll("input:not([type=file]), textarea")) {
    const same = filled.get(nameField(field));
    if (same && isTicked(field)) carryTick(same, field);
    else if (same && same.value !== same.defaultValue) field.value = same.value;
  }
}

function carryChoice(from, to) {
  const chosen = [...from.options].filter((option) => option.selected).map((option) => option.value);
  const initial = [...from.options].filter((option) => option.defaultSelected).map((option) => option.value);
  if (chosen.join() === (initial.join() || (from.multiple ? "" : from.options[0]?.value))) return;
  for (const option of to.options) option.selected = chosen.includes(option.value);
}

function carryTick(from, to) {
  if (from.checked !== from.defaultChecked) to.checked = from.checked;
}

function isTicked(field) {
  return field.type === "checkbox" || field.type === "radio";
}

function nameField(field) {
  return isTicked(field) ? field.value : "";
}

function findPlace(root) {
  const active = document.activeElement;
  if (!active || active === root || !root.contains(active)) return null;
  const likeIt = listFocusable(root).filter((node) => describe(node) === describe(active));
  const caret = typeof active.selectionStart === "number" ? [active.selectionStart, active.selectionEnd] : null;
  return { sign: describe(active), index: likeIt.indexOf(active), caret };
}

function returnTo(root, { sign, index, caret }) {
  const likeIt = listFocusable(root).filter((node) => describe(node) === sign);
  const found = likeIt[index] ?? likeIt[0] ?? root;
  found.focus({ preventScroll: true });
  if (caret && found.setSelectionRange) found.setSelectionRange(...caret);
}

function describe(node) {
  const name = node.closest(".control")?.dataset.name ?? node.name ?? "";
  const isField = node.matches("input, textarea, select");
  const isChoice = node.matches("[type=checkbox], [type=radio]");
  const words = isField ? (isChoice ? node.value : "") : (node.getAttribute("aria-label") ?? node.textContent);
  return [node.tagName, name, words].join("|");
}

function listFocusable(root) {
  return [...root.querySelectorAll(FOCUSABLE)];
}

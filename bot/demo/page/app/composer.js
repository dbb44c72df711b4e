// The field in which a person writes, with its completions, shortcuts and notes. A draft stays with its place.

import { el, icon, makeId } from "../dom.js";
import { makeCompletion } from "./completion.js";
import { BOLT, SEND } from "./icons.js";
import { makeMenuButton } from "./menu.js";
import { submitText } from "./submitting.js";

const LONGEST_CHARS = 12_000;
const MOST_ROWS = 10;

/**
 * Make a composer. `describe()` says where it writes: {channel, thread_ts, label, broadcast}, of which `label` names
 * the field and `broadcast` the box that sends a reply to the channel too. `update()` is called when that changes.
 */
export function makeComposer(page, describe, onSent) {
  const parts = makeParts(page);
  const drafts = new Map();
  let place = "";
  const completion = makeCompletion(page, parts.area, () => change());

  function change() {
    parts.area.rows = Math.min(MOST_ROWS, parts.area.value.split("\n").length);
    parts.send.disabled = !parts.area.value.trim();
    note("");
  }
  function note(text) {
    parts.note.replaceChildren(text);
    parts.note.hidden = !text;
    if (text) parts.area.setAttribute("aria-invalid", "true");
    else parts.area.removeAttribute("aria-invalid");
  }
  function submit() {
    const wrong = submitText(page, parts.area.value, { ...describe(), is_broadcast: parts.box.checked || undefined });
    if (wrong) return note(wrong);
    parts.area.value = "";
    parts.box.checked = false;
    completion.close();
    change();
    return onSent();
  }
  function update() {
    const where = describe();
    const now = `${where.channel} ${where.thread_ts ?? ""}`;
    if (now !== place) {
      drafts.set(place, parts.area.value);
      parts.area.value = drafts.get(now) ?? "";
      place = now;
      change();
    }
    label(page, parts, where);
  }
  listen(parts, { completion, change, submit });
  parts.frame.prepend(completion.node);
  return { node: parts.form, update, focus: () => focusOn(parts), fill: (text) => fill(parts.area, text) };
}

function makeParts(page) {
  const noteId = makeId();
  const area = el("textarea", { rows: 1, maxlength: LONGEST_CHARS, "aria-describedby": noteId });
  const note = el("div", { class: "note", id: noteId, role: "alert", hidden: true });
  const send = el("button", { type: "submit", class: "icon-button send", disabled: true }, icon(SEND));
  const bolt = makeMenuButton({ class: "icon-button" }, icon(BOLT), () => listShortcuts(page));
  const box = el("input", { type: "checkbox" });
  const boxText = el("span");
  const broadcast = el("label", { class: "broadcast" }, box, boxText);
  const hint = el("span", { class: "hint" });
  const row = el("div", { class: "row" }, bolt, broadcast, el("span", { class: "gap" }), hint, send);
  const frame = el("div", { class: "frame" }, area, row);
  const form = el("form", { class: "composer" }, note, frame);
  return { form, frame, area, note, send, bolt, box, boxText, broadcast, hint };
}

function listen({ form, area }, { completion, change, submit }) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  area.addEventListener("input", () => {
    change();
    completion.open();
  });
  area.addEventListener("keydown", (event) => {
    if (completion.handleKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
}

function label(page, parts, where) {
  parts.area.setAttribute("aria-label", where.label);
  parts.area.setAttribute("placeholder", where.label);
  parts.send.setAttribute("aria-label", page.say("send"));
  parts.send.setAttribute("title", page.say("send"));
  parts.bolt.setAttribute("aria-label", page.say("shortcuts"));
  parts.bolt.setAttribute("title", page.say("shortcuts"));
  parts.broadcast.hidden = !where.broadcast;
  parts.boxText.textContent = where.broadcast ?? "";
  parts.hint.textContent = page.say("enterHint");
}

function listShortcuts(page) {
  const { shortcuts = [], place } = page.store.get();
  const known = shortcuts.filter(({ type }) => type === "global");
  if (!known.length) return [{ label: page.say("noShortcuts") }];
  return known.map(({ name, callback_id }) => ({
    label: name,
    run: () => page.try("shortcut", { callback_id, channel: place.channel }),
  }));
}

/** Stand where one writes; on a touch screen beside it, so that no keyboard comes up unasked. */
function focusOn({ area, form }) {
  const isTouch = window.matchMedia("(pointer: coarse)").matches;
  (isTouch ? form.closest(".pane") : area)?.focus();
}

function fill(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input"));
  area.focus();
}

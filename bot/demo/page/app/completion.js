// The list over a text field that completes what is typed: arrows choose, Enter or Tab takes, Esc closes.

import { el, makeId } from "../dom.js";
import { drawAvatar } from "../names.js";
import { suggest } from "./suggestions.js";

/** Make the list for `area`; `onTaken` is called after a completion. `handleKey(event)` says whether a key was meant for it. */
export function makeCompletion(page, area, onTaken) {
  const node = el("ul", { class: "completion", role: "listbox", id: makeId(), hidden: true });
  let found = { from: 0, rows: [], isChosen: false };
  let at = -1;
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", node.id);

  function show() {
    const isOpen = found.rows.length > 0;
    node.hidden = !isOpen;
    node.setAttribute("aria-label", page.say("completions"));
    node.replaceChildren(...found.rows.map((row, index) => drawRow(page, row, index === at, () => take(row))));
    const chosen = node.children[at];
    if (chosen) area.setAttribute("aria-activedescendant", chosen.id);
    else area.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }
  function open() {
    const count = found.rows.length;
    found = suggest(page.store.get(), area.value.slice(0, area.selectionStart));
    at = found.isChosen && found.rows.length ? 0 : -1;
    show();
    if (found.rows.length && found.rows.length !== count)
      page.announce(page.say("suggested", { n: found.rows.length }));
  }
  function close() {
    found = { ...found, rows: [] };
    at = -1;
    show();
  }
  function take(row) {
    area.setRangeText(row.text, found.from, area.selectionStart, "end");
    close();
    area.focus();
    onTaken();
  }
  function move(step) {
    const n = found.rows.length;
    at = at < 0 ? (step > 0 ? 0 : n - 1) : (at + step + n) % n;
    show();
  }
  function handleKey(event) {
    if (!found.rows.length || event.isComposing) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0 && !event.shiftKey) take(found.rows[at]);
    else if (event.key === "Escape") close();
    else return false;
    return true;
  }
  area.addEventListener("blur", () => close());
  return { node, open, close, handleKey };
}

function drawRow(page, row, isChosen, take) {
  const state = page.store.get();
  // The field keeps the focus: a press on a row must not take it away before the click comes.
  const keep = (event) => event.preventDefault();
  return el(
    "li",
    { role: "option", id: makeId(), "aria-selected": String(isChosen), mousedown: keep, click: take },
    row.user ? drawAvatar(state, row.user) : null,
    el("b", {}, row.label),
    el("span", { class: "hint" }, row.word ? page.say(`command_${row.word}`) : row.hint),
  );
}

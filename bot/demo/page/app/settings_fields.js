// The fields of the settings: a menu, and a group of radio buttons.

import { el, makeId } from "../dom.js";

/** Draw a menu: `{name, label, hint, value, options: [{value, text}], onChoice(value)}`. */
export function drawChoice({ name, label, hint, value, options, onChoice }) {
  const [id, hintId] = [makeId(), makeId()];
  const change = (event) => onChoice(event.target.value);
  const inside = options.map((option) =>
    el("option", { value: option.value, selected: option.value === value }, option.text),
  );
  return el(
    "div",
    { class: "setting" },
    el("label", { for: id }, label),
    el("div", { class: "control" }, el("select", { id, name, "aria-describedby": hintId, change }, inside)),
    el("p", { class: "soft", id: hintId }, hint),
  );
}

/** Draw radio buttons, like drawChoice(); an option with `isOff` can't be chosen, `isSlim` sets them side by side. */
export function drawRadios({ name, label, hint, value, options, isSlim = false, onChoice }) {
  const hintId = makeId();
  const change = (event) => onChoice(event.target.value);
  const radios = options.map((option) => {
    const checked = option.value === value;
    const input = el("input", { type: "radio", name, value: option.value, checked, disabled: option.isOff, change });
    return el("label", { class: option.isOff ? "off" : null }, input, el("span", {}, option.text));
  });
  return el(
    "fieldset",
    { class: "setting", "aria-describedby": hint ? hintId : null },
    el("legend", {}, label),
    el("div", { class: isSlim ? "radios slim" : "radios" }, radios),
    hint ? el("p", { class: "soft", id: hintId }, hint) : null,
  );
}

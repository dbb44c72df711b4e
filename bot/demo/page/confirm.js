// The question that comes before an action which has a `confirm` object.
// https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object

import { el, makeId } from "./dom.js";
import { drawText, writePlain } from "./texts.js";
import { say } from "./words.js";

/** Draw the question; `onAnswer` is called with whether the person said yes. */
export function drawConfirm(confirm, world, onAnswer = () => {}) {
  const id = makeId();
  const style = confirm.style === "danger" ? "danger" : "primary";
  const dialog = el(
    "dialog",
    { class: "modal small", "aria-labelledby": id, cancel: () => onAnswer(false) },
    el("h2", { id }, writePlain(confirm.title) || say(world, "confirm")),
    el("div", { class: "body" }, drawText(confirm.text, world)),
    el(
      "div",
      { class: "foot" },
      el("button", { type: "button", class: "button", click: () => answer(false) }, writePlain(confirm.deny)),
      el(
        "button",
        { type: "button", class: `button ${style}`, click: () => answer(true) },
        writePlain(confirm.confirm),
      ),
    ),
  );
  function answer(isYes) {
    dialog.close();
    onAnswer(isYes);
  }
  return dialog;
}

/** Do `act`, or ask first where an element wants that. */
export function askFirst(confirm, world, act) {
  if (!confirm) return act();
  const dialog = drawConfirm(confirm, world, (isYes) => isYes && act());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  return dialog.showModal();
}

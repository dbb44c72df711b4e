// Modals and the App Home.

import { drawBlocks } from "./blocks.js";
import { readAnswers } from "./controls.js";
import { el, icon, makeId } from "./dom.js";
import { CLOSE } from "./icons.js";
import { writePlain } from "./texts.js";
import { say } from "./words.js";

/**
 * Draw a modal as a dialog that the caller opens, with show() or showModal(). `view.errors` has what was wrong with
 * the last submission, by block_id. A submission is told to `world.onSubmit(view, answers)`, which decides whether the
 * dialog goes; a dismissal closes it and is told to `world.onClose(view)`.
 */
export function drawModal(view, world) {
  const title = makeId();
  const tell = () => world.onClose?.(view);
  const dismiss = () => {
    dialog.close();
    tell();
  };
  const dialog = el(
    "dialog",
    { class: "modal", "aria-labelledby": title, cancel: tell },
    el(
      "form",
      { submit: (event) => submit(event, view, world) },
      drawTop(view, world, title, dismiss),
      el("div", { class: "body" }, drawBlocks(view.blocks, { world, source: view, errors: view.errors })),
      drawFoot(view, world, dismiss),
    ),
  );
  findFirst(dialog)?.setAttribute("autofocus", "");
  return dialog;
}

/** Draw the App Home; `view` may be missing, as it is before the bot has filled it. */
export function drawHome(view, world) {
  const blocks = drawBlocks(view?.blocks, { world, source: view });
  return el("section", { class: "home", "aria-label": say(world, "appHome") }, blocks);
}

function submit(event, view, world) {
  event.preventDefault();
  world.onSubmit?.(view, readAnswers(event.target));
}

/** Find what is to be filled in first: what was refused, else the first input. */
function findFirst(dialog) {
  return dialog.querySelector("[aria-invalid]") ?? dialog.querySelector(".control :is(input, textarea, select)");
}

function drawTop(view, world, id, dismiss) {
  const closing = { type: "button", class: "icon-button", "aria-label": say(world, "close"), click: dismiss };
  return el("div", { class: "top" }, el("h2", { id }, writePlain(view.title)), el("button", closing, icon(CLOSE)));
}

function drawFoot(view, world, dismiss) {
  const close = writePlain(view.close) || say(world, "close");
  const submit = writePlain(view.submit);
  return el(
    "div",
    { class: "foot" },
    el("button", { type: "button", class: "button", click: dismiss }, close),
    submit ? el("button", { type: "submit", class: "button primary" }, submit) : null,
  );
}

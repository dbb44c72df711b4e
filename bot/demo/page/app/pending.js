// What was sent and has not arrived: a message as it will stand, a command as a line, and what to do if it failed.

import { el, icon } from "../dom.js";
import { drawMessage } from "../draw.js";
import { WARNING } from "./icons.js";
import { discard } from "./sending.js";

/** Draw one of the store's `pending`. */
export function drawPending(page, pending) {
  return pending.command ? drawCommand(page, pending) : drawText(page, pending);
}

function drawText(page, pending) {
  const state = page.store.get();
  const message = { user: state.me, ts: String(pending.at), text: escape(pending.text) };
  const article = drawMessage(message, state);
  article.classList.add(pending.state === "failed" ? "failed" : "sending");
  const below = pending.state === "failed" ? drawFailure(page, pending) : drawProgress(page, "sending");
  if (pending.state !== "sent") article.querySelector(".content").append(below);
  return article;
}

function drawCommand(page, pending) {
  const isFailed = pending.state === "failed";
  const below = isFailed
    ? drawFailure(page, pending)
    : drawProgress(page, "sendingCommand", { command: pending.command });
  return el("div", { class: "command-line" }, below);
}

function drawProgress(page, name, values) {
  const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return el("div", { class: "progress" }, dots, page.say(name, values));
}

function drawFailure(page, pending) {
  return el(
    "div",
    { class: "failure" },
    icon(WARNING),
    el(
      "span",
      {},
      el("b", {}, page.say(pending.command ? "commandFailed" : "notSent", pending)),
      " ",
      page.say(pending.error),
    ),
    el("button", { type: "button", class: "button slim", click: pending.retry }, page.say("tryAgain")),
    el("button", { type: "button", class: "button slim", click: () => discard(page, pending.id) }, page.say("discard")),
  );
}

function escape(text) {
  return text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
}

// One message as it stands in a pane: what the drawing library draws, and what can be done with it.

import { el, icon, makeId } from "../dom.js";
import { drawMessage } from "../draw.js";
import { MORE, REPLY } from "../icons.js";
import { makeWorld } from "./clicks.js";
import { makeMenuButton } from "./menu.js";
import { isSelectable, listActions } from "./message_actions.js";
import { openThread } from "./places.js";

/** Draw a message; `isJoined` says that it follows one of the same person, `isInThread` where it stands. */
export function drawOne(page, channel, message, { isJoined, isInThread }) {
  let clicked = null;
  const world = makeWorld(page, channel, () => clicked);
  const article = drawMessage(message, world, { showsReplies: !isInThread });
  article.addEventListener("click", (event) => (clicked = event.target.closest("button, a, summary") ?? clicked), true);
  article.classList.toggle("joined", isJoined);
  if (message.subtype === "thread_broadcast" && !isInThread)
    article.querySelector(".content").append(drawWay(page, channel, message));
  if (isSelectable(message)) article.append(drawTools(page, channel, message, { isInThread, article }));
  return article;
}

/** Draw the way to the thread that a message was also sent to the channel from. */
function drawWay(page, channel, message) {
  const click = () => openThread(page, channel, message);
  return el("button", { type: "button", class: "reply-count", click }, icon(REPLY), page.say("viewThread"));
}

function drawTools(page, channel, message, { isInThread, article }) {
  const reply = page.say("replyInThread");
  const more = page.say("more");
  const begin = () => openThread(page, channel, message);
  const list = () => listActions(page, channel, message, { article, isInThread });
  return el(
    "div",
    { class: "tools", role: "group", "aria-label": page.say("tools") },
    isInThread
      ? null
      : el(
          "button",
          { type: "button", class: "icon-button", "aria-label": reply, title: reply, click: begin },
          icon(REPLY),
        ),
    makeMenuButton({ class: "icon-button more", "aria-label": more, title: more }, icon(MORE), list),
  );
}

/** Draw the form in which a message of one's own is changed, in its place. */
export function drawEditing(page, channel, message, text) {
  const id = makeId();
  const area = el("textarea", { id, maxlength: 12000, rows: Math.min(10, text.split("\n").length + 1) }, text);
  const leave = () => page.store.change({ editing: null });
  const save = async (event) => {
    event.preventDefault();
    if (!area.value.trim()) return;
    if (await page.try("edit", { channel, ts: message.ts, text: area.value })) leave();
  };
  const keys = (event) => {
    if (event.key === "Escape") event.stopPropagation();
    if (event.key === "Escape") leave();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save(event);
  };
  const form = el(
    "form",
    { class: "editing", submit: save, keydown: keys },
    el("label", { for: id }, page.say("editMessage")),
    area,
    el(
      "div",
      { class: "row" },
      el("button", { type: "button", class: "button slim", click: leave }, page.say("cancel")),
      el("button", { type: "submit", class: "button slim primary" }, page.say("save")),
    ),
  );
  setTimeout(() => {
    area.focus();
    area.setSelectionRange(text.length, text.length);
  });
  return form;
}

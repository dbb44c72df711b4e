// The pane at the right: one thread, with a composer of its own. On a phone it covers the conversation.

import { el, icon } from "../dom.js";
import { CLOSE } from "../icons.js";
import { makeComposer } from "./composer.js";
import { BACK } from "./icons.js";
import { listThreadItems } from "./items.js";
import { closeThread, writePlaceName } from "./places.js";
import { makeTimeline } from "./timeline.js";

const DRAWN_FROM = [
  "thread",
  "messages",
  "whispers",
  "statuses",
  "pending",
  "files",
  "editing",
  "language",
  "channels",
];

/** Make the thread pane; it keeps itself up to date, and is hidden while no thread is open. */
export function makeThread(page, onClosed) {
  const parts = makeParts(page, () => leave(page, onClosed));
  let shown = "";
  page.store.watch((names, state) => {
    if (!DRAWN_FROM.some((name) => names.has(name))) return;
    const now = state.thread ? `${state.thread.channel} ${state.thread.ts}` : "";
    const isOther = now !== shown;
    shown = now;
    parts.node.hidden = !now;
    if (isOther) parts.timeline.restart();
    // Whoever opens a thread that stands open, as one that has opened by itself, wants to write in it too.
    if (now && update(page, parts) && names.has("thread") && !state.thread.isQuiet) parts.composer.focus();
  });
  return parts.node;
}

function makeParts(page, close) {
  const head = el("div", { class: "pane-head" });
  const foot = el("div", { class: "pane-foot" });
  const timeline = makeTimeline(() => page.store.get().thread && update(page, parts));
  const composer = makeComposer(page, () => describe(page), timeline.toEnd);
  const node = el("aside", { class: "pane thread-pane", tabindex: "-1", hidden: true }, head, timeline.node, foot);
  node.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && close());
  const parts = { node, head, foot, timeline, composer, close };
  return parts;
}

/** Bring the pane up to date; return whether there is a thread to show. */
function update(page, parts) {
  const { thread, channels, messages } = page.store.get();
  const channel = channels[thread.channel];
  const items = listThreadItems(page, thread);
  if (!channel || !items.length) {
    closeThread(page);
    return false;
  }
  parts.node.setAttribute("aria-label", page.say("thread"));
  drawHead(page, parts, writePlaceName(channel));
  const label = page.say("messagesIn", { place: page.say("thread") });
  parts.timeline.show(items, { label, newer: page.say("newer") });
  showComposer(page, parts, channel);
  return Boolean(messages[thread.channel]);
}

function drawHead(page, { head, close }, name) {
  const label = page.say("closeThread");
  const back = page.say("backTo", { place: name });
  const stamp = `${name} ${label}`;
  if (head.dataset.stamp === stamp) return;
  head.dataset.stamp = stamp;
  const attributes = { type: "button", "aria-label": label, title: label, click: close };
  head.replaceChildren(
    el("button", { ...attributes, class: "icon-button back", "aria-label": back, title: back }, icon(BACK)),
    el("div", { class: "title" }, el("h2", {}, page.say("thread")), el("span", { class: "under" }, name)),
    el("button", { ...attributes, class: "icon-button closing" }, icon(CLOSE)),
  );
}

function showComposer(page, { foot, composer }, channel) {
  if (channel.is_archived) {
    foot.replaceChildren(el("p", { class: "closed" }, page.say("archivedNote")));
    return;
  }
  if (!composer.node.isConnected) foot.replaceChildren(composer.node);
  composer.update();
}

function describe(page) {
  const { thread, channels } = page.store.get();
  const channel = channels[thread.channel];
  const broadcast = channel.is_im ? null : page.say("alsoSend", { place: writePlaceName(channel) });
  return { channel: thread.channel, thread_ts: thread.ts, label: page.say("reply"), broadcast };
}

/** Close the thread, and give the focus back to where it was opened from. */
function leave(page, onClosed) {
  const { ts } = page.store.get().thread;
  closeThread(page);
  onClosed(ts);
}

// Messages as they stand in a channel or a thread, from Slack's JSON of them.

import { drawBlocks } from "./blocks.js";
import { el, icon, listOf, textOf } from "./dom.js";
import { findEmoji } from "./emoji.js";
import { drawFiles } from "./files.js";
import { EYE, REPLY } from "./icons.js";
import { drawMrkdwn } from "./mrkdwn.js";
import { drawAvatar, isBot, nameUser } from "./names.js";
import { say, writeTime } from "./words.js";

/**
 * Draw one message. `is_ephemeral` marks what one person alone sees. With `showsReplies` a thread's root says how
 * many replies it has, as it does in a channel.
 */
export function drawMessage(message, world, { showsReplies = false } = {}) {
  const user = message.user ?? message.bot_id;
  const time = writeTime(world, message.ts);
  const label = [nameUser(world, user), time].filter(Boolean).join(", ");
  return el(
    "article",
    { class: message.is_ephemeral ? "message whisper" : "message", "aria-label": label, "data-ts": message.ts },
    message.is_ephemeral ? el("div", { class: "only-you" }, icon(EYE), say(world, "onlyYou")) : null,
    drawAvatar(world, user),
    el(
      "div",
      { class: "content" },
      drawHead(message, user, time, world),
      el("div", { class: "body" }, drawBody(message, world)),
      drawFiles(listOf(message.files), world),
      drawReactions(message, world),
      showsReplies ? drawReplyCount(message, world) : null,
    ),
  );
}

/** Draw a channel, or a thread without its frame: message under message. */
export function drawMessages(messages, world, options = {}) {
  return el(
    "div",
    { class: "messages" },
    messages.map((message) => drawMessage(message, world, options)),
  );
}

/**
 * Draw a thread: its root, how many replies there are, the replies. `status` is what the agent shows while it
 * works, as drawStatus() takes it.
 */
export function drawThread(messages, world, { status = null } = {}) {
  const [root, ...replies] = messages;
  const count = replies.filter((reply) => !reply.is_ephemeral).length;
  return el(
    "section",
    { class: "thread", "aria-label": say(world, "thread") },
    root ? drawMessage(root, world) : null,
    count ? el("div", { class: "reply-line" }, say(world, "replies", { n: count })) : null,
    replies.map((reply) => drawMessage(reply, world)),
    status ? drawStatus(status, world) : null,
  );
}

/** Draw that somebody is at work, `{user, text, canStop}`; Stop is told to `world.onStop()`. */
export function drawStatus({ user, text, canStop = false }, world) {
  const stop = el(
    "button",
    { type: "button", class: "button slim", click: () => world.onStop?.() },
    say(world, "stop"),
  );
  return el(
    "div",
    { class: "status", role: "status" },
    drawAvatar(world, user),
    el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")),
    el("span", {}, el("b", {}, nameUser(world, user)), " ", text),
    canStop ? stop : null,
  );
}

/** Draw prompts that are suggested, `[{title, message}]`; a choice is told to `world.onPrompt(message)`. */
export function drawSuggestedPrompts(prompts, world, { title } = {}) {
  const items = listOf(prompts).map((prompt) => {
    const click = () => world.onPrompt?.(textOf(prompt?.message));
    return el("li", {}, el("button", { type: "button", class: "button prompt", click }, textOf(prompt?.title)));
  });
  return el(
    "section",
    { class: "prompts", "aria-label": say(world, "suggested") },
    title ? el("p", {}, title) : null,
    el("ul", {}, items),
  );
}

function drawHead(message, user, time, world) {
  return el(
    "div",
    { class: "head" },
    el("span", { class: "author" }, nameUser(world, user)),
    isBot(world, user) ? el("span", { class: "tag" }, say(world, "app")) : null,
    time ? el("time", {}, time) : null,
    message.edited && !isBot(world, user) ? el("span", { class: "edited" }, say(world, "edited")) : null,
  );
}

function drawBody(message, world) {
  if (message.subtype === "tombstone") return el("p", { class: "gone" }, say(world, "deleted"));
  const blocks = listOf(message.blocks);
  if (blocks.length) return drawBlocks(blocks, { world, source: message });
  const text = textOf(message);
  if (text) return el("div", { class: "prose" }, drawMrkdwn(text, world));
  return listOf(message.files).length ? null : el("p", { class: "gone" }, say(world, "empty"));
}

function drawReactions(message, world) {
  const reactions = listOf(message.reactions);
  if (!reactions.length) return null;
  const items = reactions.map((reaction) => {
    const name = String(reaction?.name);
    const who = listOf(reaction?.users)
      .map((id) => nameUser(world, id))
      .join(", ");
    const isMine = listOf(reaction?.users).includes(world.me);
    const shown = [findEmoji(name) ?? `:${name}:`, el("b", {}, String(reaction?.count ?? ""))];
    return el("li", { class: isMine ? "mine" : null, title: `${who} :${name}:` }, shown);
  });
  return el("ul", { class: "reactions", "aria-label": say(world, "reactions") }, items);
}

function drawReplyCount(message, world) {
  const n = message.reply_count;
  if (!n) return null;
  const inside = [icon(REPLY), say(world, "replies", { n })];
  if (!world.onThread) return el("div", { class: "reply-count" }, inside);
  return el("button", { type: "button", class: "reply-count", click: () => world.onThread(message) }, inside);
}

// Who and what the ids of a workspace stand for. `world` is described in draw.js.

import { el, icon, lookUp, textOf } from "./dom.js";
import { WINDOW } from "./icons.js";

const TONES = 6;

/** Return the name people see for a user; the id where nobody is known by it. */
export function nameUser(world, id) {
  const user = lookUp(world.users, id);
  return textOf(user?.real_name) || textOf(user?.name) || String(id);
}

/** Return the name of a channel without its sign; the id where none is known by it. */
export function nameChannel(world, id) {
  const channel = lookUp(world.channels, id);
  return textOf(channel?.name) || String(id);
}

/** Return whether a user is a bot. */
export function isBot(world, id) {
  return Boolean(lookUp(world.users, id)?.is_bot);
}

/** Draw a mention of a user; one of whoever looks stands out. */
export function drawMention(world, id) {
  const isMe = id === world.me;
  return el("span", { class: isMe ? "mention mine" : "mention" }, `@${nameUser(world, id)}`);
}

/** Draw the name of a channel. */
export function drawChannelName(world, id) {
  return el("span", { class: "mention" }, `#${nameChannel(world, id)}`);
}

/** Draw a user's picture: the first letter of a person, a window for the bot. */
export function drawAvatar(world, id) {
  if (isBot(world, id)) return el("span", { class: "avatar bot", "aria-hidden": "true" }, icon(WINDOW));
  const [letter = "?"] = nameUser(world, id);
  return el("span", { class: `avatar tone-${chooseTone(String(id))}`, "aria-hidden": "true" }, letter.toUpperCase());
}

function chooseTone(id) {
  return [...id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % TONES;
}

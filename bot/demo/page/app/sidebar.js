// The list of conversations at the left: channels, direct messages, what is unread and where the bot is not.

import { el, icon } from "../dom.js";
import { drawAvatar } from "../names.js";
import { say as sayDrawn } from "../words.js";
import { keepFocus } from "./focus.js";
import { ABSENT, BOX, HASH, LOCK } from "./icons.js";
import { isBotDm, openPlace } from "./places.js";
import { say } from "./words.js";

const DRAWN_FROM = ["channels", "users", "place", "unread", "language", "bot"];

/** Make the list; it draws itself anew when something of it changes. `onChosen` is called after a choice. */
export function makeSidebar(page, onChosen) {
  const node = el("nav", { class: "sidebar" });
  const draw = () => keepFocus(node, () => drawInto(node, page, onChosen));
  page.store.watch((names) => DRAWN_FROM.some((name) => names.has(name)) && draw());
  return node;
}

function drawInto(node, page, onChosen) {
  const state = page.store.get();
  const all = Object.values(state.channels);
  const choose = (channel) => () => {
    openPlace(page, channel.id);
    onChosen();
  };
  const draw = (channel) => el("li", {}, drawOne(channel, state, choose(channel)));
  node.setAttribute("aria-label", say(state, "conversations"));
  node.replaceChildren(
    drawGroup(
      say(state, "channels"),
      all
        .filter((one) => !one.is_im)
        .sort(compareChannels)
        .map(draw),
    ),
    drawGroup(
      say(state, "direct"),
      all
        .filter((one) => one.is_im)
        .sort(botFirst(state))
        .map(draw),
    ),
  );
}

function drawGroup(title, items) {
  return items.length ? el("section", {}, el("h2", {}, title), el("ul", {}, items)) : "";
}

function drawOne(channel, state, click) {
  const isCurrent = state.place.channel === channel.id;
  const n = state.unread[channel.id] ?? 0;
  const classes = ["conversation", channel.is_archived && "archived", n && "unread"].filter(Boolean).join(" ");
  return el(
    "button",
    { type: "button", class: classes, "aria-current": isCurrent ? "page" : null, "data-name": channel.id, click },
    drawSign(channel, state),
    el("span", { class: "name" }, channel.name),
    isBotDm(state, channel) ? el("span", { class: "tag" }, sayDrawn(state, "app")) : null,
    drawMarks(channel, state),
    n ? el("span", { class: "count" }, String(n), el("span", { class: "unseen" }, ` ${say(state, "unread")}`)) : null,
  );
}

function drawSign(channel, state) {
  if (channel.is_im) return drawAvatar(state, channel.user);
  return icon(channel.is_archived ? BOX : channel.is_private ? LOCK : HASH);
}

function drawMarks(channel, state) {
  if (channel.is_im) return null;
  const isAway = !channel.has_bot && !channel.is_archived;
  const heard = [
    channel.is_private && say(state, "privateMark"),
    channel.is_archived && say(state, "archivedMark"),
    isAway && say(state, "awayMark"),
  ].filter(Boolean);
  return [
    isAway ? el("span", { class: "away", title: say(state, "awayMark") }, icon(ABSENT)) : null,
    heard.length ? el("span", { class: "unseen" }, ` (${heard.join(", ")})`) : null,
  ];
}

function compareChannels(one, other) {
  return Number(one.is_archived) - Number(other.is_archived) || one.name.localeCompare(other.name);
}

function botFirst(state) {
  return (one, other) => Number(isBotDm(state, other)) - Number(isBotDm(state, one));
}

// What stands in a pane, in order, as items of a timeline: messages, whispers, days, what is at work, what is being sent.

import { el } from "../dom.js";
import { drawStatus } from "../draw.js";
import { localeOf } from "../words.js";
import { stop } from "./clicks.js";
import { drawEditing, drawOne } from "./message.js";
import { writeTyped } from "./message_actions.js";
import { drawPending } from "./pending.js";
import { isReply, listMessages, sortByTime } from "./store.js";
import { say } from "./words.js";

const JOINED_S = 300;

/** List what a channel shows. */
export function listChannelItems(page, channel) {
  const state = page.store.get();
  const whispers = state.whispers.filter((one) => one.channel === channel && !one.thread_ts);
  const messages = sortByTime([...listMessages(state, channel).filter((message) => !isReply(message)), ...whispers]);
  const items = messages.flatMap((message, at) => [
    ...listDay(state, message, messages[at - 1]),
    messageItem(page, channel, message, { isJoined: isJoined(message, messages[at - 1]), isInThread: false }),
    ...listStatuses(page, channel, message.ts),
  ]);
  return [...items, ...listPending(page, channel, undefined)];
}

/** List what a thread shows: its root, how many replies there are, the replies, what is at work in it. */
export function listThreadItems(page, { channel, ts }) {
  const state = page.store.get();
  const replies = listMessages(state, channel).filter((one) => one.thread_ts === ts && one.ts !== ts);
  const whispers = state.whispers.filter((one) => one.channel === channel && one.thread_ts === ts);
  const root = state.messages[channel]?.[ts];
  const under = sortByTime([...replies, ...whispers]);
  const draw = (message, at) =>
    messageItem(page, channel, message, { isJoined: isJoined(message, under[at - 1]), isInThread: true });
  return [
    root && messageItem(page, channel, root, { isJoined: false, isInThread: true }),
    replies.length ? countItem(state, replies.length) : null,
    ...under.map(draw),
    ...listStatuses(page, channel, ts),
    ...listPending(page, channel, ts),
  ].filter(Boolean);
}

function messageItem(page, channel, message, where) {
  const state = page.store.get();
  const { editing } = state;
  const isEdited = editing?.channel === channel && editing.ts === message.ts && editing.isInThread === where.isInThread;
  return {
    key: `${message.is_ephemeral ? "w" : "m"}-${message.ts}`,
    mode: isEdited ? "editing" : `drawn ${state.language} ${state.me}`,
    stamp: isEdited ? "" : writeStamp(state, message, where),
    draw: () =>
      isEdited
        ? drawEditing(page, channel, message, writeTyped(message, state))
        : drawOne(page, channel, message, where),
  };
}

/** Write down all that a drawing depends on: the message, and the addresses of the files it shows. */
function writeStamp(state, message, { isJoined: joined }) {
  const json = JSON.stringify(message);
  const files = [...json.matchAll(/"id":"(F\w+)"/g)].map(([, id]) => state.files[id]);
  return `${joined} ${files.join(" ")} ${json}`;
}

function listDay(state, message, previous) {
  const day = dayOf(message);
  if (previous && dayOf(previous) === day) return [];
  const text = writeDay(state, new Date(Number(message.ts) * 1000));
  const draw = () => el("div", { class: "day" }, el("span", {}, text));
  return [{ key: `d-${day}`, mode: "", stamp: text, draw }];
}

function writeDay(state, date) {
  const now = new Date();
  if (date.toDateString() === now.toDateString()) return say(state, "today");
  return date.toLocaleDateString(localeOf(state), {
    weekday: "long",
    day: "numeric",
    month: "long",
  });
}

function dayOf(message) {
  return new Date(Number(message.ts) * 1000).toDateString();
}

function isJoined(message, previous) {
  if (!previous || message.is_ephemeral || previous.is_ephemeral || message.edited || message.subtype) return false;
  if (previous.user !== message.user || previous.reply_count || dayOf(previous) !== dayOf(message)) return false;
  return Number(message.ts) - Number(previous.ts) < JOINED_S;
}

function countItem(state, n) {
  const text = say(state, "replies", { n });
  return { key: "replies", mode: "", stamp: text, draw: () => el("div", { class: "reply-line" }, text) };
}

function listStatuses(page, channel, ts) {
  const state = page.store.get();
  const here = state.statuses.filter((status) => status.channel === channel && status.thread_ts === ts);
  return here.map((status) => ({
    key: `s-${ts}`,
    mode: state.language,
    stamp: JSON.stringify(status),
    draw: () => drawWork(page, status),
  }));
}

function drawWork(page, status) {
  const state = page.store.get();
  const text = status.loading_messages?.[0] || status.text || page.say("atWork");
  const world = { ...state, onStop: () => stop(page, status) };
  const node = drawStatus({ user: state.bot, text, canStop: status.can_stop }, world);
  // It changes every few seconds; that it began is announced once, in words of its own.
  node.removeAttribute("role");
  return node;
}

function listPending(page, channel, threadTs) {
  const state = page.store.get();
  const here = state.pending.filter((one) => one.channel === channel && one.thread_ts === threadTs);
  return here.map((one) => ({
    key: `p-${one.id}`,
    mode: `${one.state} ${state.language}`,
    stamp: one.error ?? "",
    draw: () => drawPending(page, one),
  }));
}

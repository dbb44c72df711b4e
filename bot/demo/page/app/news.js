// What is new: counted where nobody looks, and said to screen readers in few words.

import { el, listOf, textOf } from "../dom.js";
import { drawBlocks } from "../draw.js";
import { drawMrkdwn } from "../mrkdwn.js";
import { nameUser } from "../names.js";
import { writePlaceName } from "./places.js";
import { isReply } from "./store.js";

const SAID_CHARS = 140;

/** Follow what comes into the store; the first snapshot, and that of another person, is no news. */
export function followNews(page) {
  let known = null;
  page.store.watch((names, state) => {
    if (!["messages", "whispers", "statuses"].some((name) => names.has(name))) return;
    const before = known;
    known = { me: state.me, messages: state.messages, whispers: state.whispers, statuses: state.statuses };
    if (!before || before.me !== state.me) return;
    const news = listNews(before, state);
    countUnread(page, news);
    tell(page, { news, begun: listBegun(before, state), ended: listEnded(before, state) });
  });
}

function listNews(before, state) {
  const messages = Object.entries(state.messages).flatMap(([channel, all]) =>
    all === before.messages[channel] ? [] : listNew(before.messages[channel] ?? {}, all, channel),
  );
  const seen = new Set(before.whispers.map(({ ts }) => ts));
  const whispers = state.whispers
    .filter(({ ts }) => !seen.has(ts))
    .map((message) => ({ channel: message.channel, message }));
  return [...messages, ...whispers].filter(
    ({ message }) => message.user !== state.me && message.subtype !== "tombstone",
  );
}

function listNew(before, all, channel) {
  return Object.values(all)
    .filter(({ ts }) => !(ts in before))
    .map((message) => ({ channel, message }));
}

function countUnread({ store }, news) {
  const { place, unread } = store.get();
  const elsewhere = news.filter(({ channel }) => channel !== place.channel || place.tab === "home");
  if (!elsewhere.length) return;
  const counted = { ...unread };
  for (const { channel } of elsewhere) counted[channel] = (counted[channel] ?? 0) + 1;
  store.change({ unread: counted });
}

function listBegun(before, state) {
  const known = new Set(before.statuses.map(({ thread_ts }) => thread_ts));
  return state.statuses.filter(
    ({ thread_ts, text, loading_messages }) => !known.has(thread_ts) && (text || loading_messages?.length),
  );
}

/** List the messages that could be cancelled and no longer can. */
function listEnded(before, state) {
  return Object.entries(state.messages).flatMap(([channel, all]) => {
    const known = before.messages[channel] ?? {};
    const changed = all === known ? [] : Object.values(all).filter(({ ts }) => known[ts] && known[ts] !== all[ts]);
    return changed.filter((message) => canCancel(known[message.ts]) && !canCancel(message));
  });
}

function canCancel(message) {
  return listOf(message.blocks).some((block) => listOf(block.elements).some((one) => one?.action_id === "cancel"));
}

function tell(page, { news, begun, ended }) {
  const said = news.map((one) => describe(page, one));
  said.push(...ended.map((message) => page.say("newsEnd", { text: writeEnd(message, page.store.get()) })));
  if (!said.length && begun.length) said.push(page.say("newsWork"));
  if (said.length) page.announce(said.join(" "));
}

function describe(page, { channel, message }) {
  const state = page.store.get();
  const values = {
    who: nameUser(state, message.user ?? message.bot_id),
    text: writeShort(message, state),
    place: writePlace(state, channel),
  };
  if (message.is_ephemeral) return page.say("newsWhisper", values);
  return page.say(isReply(message) ? "newsReply" : "newsMessage", values);
}

function writePlace(state, channel) {
  return state.channels[channel] ? writePlaceName(state.channels[channel]) : "";
}

function writeShort(message, state) {
  const text = join([el("p", {}, drawMrkdwn(textOf(message), state))]);
  return text.length > SAID_CHARS ? `${text.slice(0, SAID_CHARS)}…` : text;
}

/** Write the last words of a message, which say how the work in it ended; its buttons are no words. */
function writeEnd(message, state) {
  const blocks = listOf(message.blocks).filter(({ type }) => type !== "actions");
  const text = join(drawBlocks(blocks, { world: state, source: message }));
  return text.length > SAID_CHARS ? `…${text.slice(-SAID_CHARS)}` : text;
}

function join(nodes) {
  const words = nodes.map(({ textContent }) => textContent).join(" ");
  return words.replace(/\s+/g, " ").trim();
}

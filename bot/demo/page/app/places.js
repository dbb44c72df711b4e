// Where the page looks: which conversation, which of its tabs, which thread.

import { recall, remember } from "./remembered.js";

/** Return the conversation that the main pane shows, or `undefined` while none is known. */
export function findPlace(state) {
  return state.channels[state.place.channel];
}

/** Return whether a conversation is the direct message with the bot. */
export function isBotDm(state, channel) {
  return Boolean(channel?.is_im) && channel.user === state.bot;
}

/** Write the name of a conversation as people do: `#general`, or the other person's name. */
export function writePlaceName(channel) {
  return channel.is_im ? channel.name : `#${channel.name}`;
}

/** Go to a conversation; what was unread there is read. */
export function openPlace({ store }, channel, tab = "messages") {
  const state = store.get();
  const isSame = state.place.channel === channel;
  const { [channel]: _, ...unread } = state.unread;
  store.change({ place: { channel, tab }, unread, thread: isSame ? state.thread : null, editing: null });
  remember("place", channel);
}

/** Open the thread that a message begins, or stands in. */
export function openThread({ store }, channel, message) {
  store.change({ thread: { channel, ts: message.thread_ts ?? message.ts }, editing: null });
}

/** Close the thread pane. */
export function closeThread({ store }) {
  store.change({ thread: null, editing: null });
}

/** Go somewhere that exists, after a snapshot has come: where one was, where one was last time, the first channel. */
export function settle({ store }) {
  const state = store.get();
  if (state.thread && !state.messages[state.thread.channel]?.[state.thread.ts]) store.change({ thread: null });
  if (findPlace(state)) return;
  const all = Object.values(state.channels);
  const wanted = all.find((channel) => channel.id === recall("place", null));
  const first = wanted ?? all.find((channel) => channel.has_bot && !channel.is_im && !channel.is_archived) ?? all[0];
  if (first) openPlace({ store }, first.id);
}

/** Write the title of the window: where one is, and how much is unread elsewhere. */
export function writeTitle(state) {
  const place = findPlace(state);
  const count = Object.values(state.unread).reduce((sum, n) => sum + n, 0);
  const name = [place && writePlaceName(place), state.team?.name].filter(Boolean).join(" · ") || "Playground";
  return count ? `(${count}) ${name}` : name;
}

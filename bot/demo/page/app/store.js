// What the page knows: the workspace as the server tells it, and what only this page knows (where it looks, what is
// being sent). One object, changed here alone; whoever draws is told the names of what changed.
//
// From the server, as one person sees it (docs/playground.md has the wire):
//   me · language · bot · team · users · channels · commands · shortcuts
//   messages    by channel, then by ts
//   whispers    ephemeral messages, of which each has its channel
//   statuses    [{channel, thread_ts, text, loading_messages, can_stop}]
//   prompts     by channel: [{title, message}]
//   views       open modals, bottom first · home   a view or null
//   files       by id: the address of the content
//   process     {state: "starting" | "ready" | "stopped"}: the bot's · transport · codemie · troubles
// Of the page:
//   link        "opening" | "open" | "lost": the connection to the server
//   place       {channel, tab}: what the main pane shows; tab is "messages" or "home"
//   thread      {channel, ts} or null: what the thread pane shows; isQuiet if it has opened by itself
//   asked       {channel, at} or null: where and when (seconds) a command was sent last
//   pending     what was sent and is not back: [{id, channel, thread_ts, text, at, state: "sending" | "failed", retry}]
//   unread      by channel: how many messages came while it was not looked at
//   drawer      "traffic", "troubles" or null
//   traffic     what went between Slack, bot and CodeMie: [entry], newest last

const TRAFFIC_MAX = 500;

/** Make a store. `get()` is the state; `change(patch)` replaces what is named; `watch(fn)` calls fn(names, state). */
export function makeStore(initial = {}) {
  let state = {
    users: {},
    channels: {},
    messages: {},
    whispers: [],
    statuses: [],
    prompts: {},
    views: [],
    home: null,
    files: {},
    link: "opening",
    place: { channel: null, tab: "messages" },
    thread: null,
    asked: null,
    pending: [],
    unread: {},
    drawer: null,
    traffic: [],
    ...initial,
  };
  const watchers = new Set();
  function change(patch) {
    state = { ...state, ...patch };
    const names = new Set(Object.keys(patch));
    for (const watcher of [...watchers]) watcher(names, state);
  }
  return {
    get: () => state,
    change,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    /** Take in what the server tells: the whole, or what has changed of it. */
    takeSnapshot: (world) => change({ ...world, link: "open" }),
    takeChange: (part) => change(merge(state, part)),
    takeTraffic: (entries) => change({ traffic: mergeTraffic(state.traffic, entries) }),
  };
}

/** Messages and files come one by one, and `null` for what is gone; everything else comes whole. */
function merge(state, part) {
  const merged = { ...part };
  if (part.files) merged.files = { ...state.files, ...part.files };
  if (part.messages) {
    merged.messages = { ...state.messages };
    for (const [channel, changed] of Object.entries(part.messages))
      merged.messages[channel] = withoutGone({ ...state.messages[channel], ...changed });
  }
  return merged;
}

function withoutGone(messages) {
  return Object.fromEntries(Object.entries(messages).filter(([, message]) => message !== null));
}

/** An entry comes again when its end is known; its place is kept. */
function mergeTraffic(known, entries) {
  const byId = new Map(known.map((entry) => [entry.id, entry]));
  for (const entry of entries) byId.set(entry.id, entry);
  return [...byId.values()].slice(-TRAFFIC_MAX);
}

/** List the messages of a channel in their order, replies among them. */
export function listMessages(state, channel) {
  return sortByTime(Object.values(state.messages[channel] ?? {}));
}

/** Return whether a message stands in a thread and not in the channel. */
export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts && message.subtype !== "thread_broadcast";
}

/** Sort messages by the time they were posted at; `messages` itself is sorted, and returned. */
export function sortByTime(messages) {
  return messages.sort((one, other) => (one.ts < other.ts ? -1 : one.ts > other.ts ? 1 : 0));
}

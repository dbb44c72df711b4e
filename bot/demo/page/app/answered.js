// A thread opens by itself when the bot first answers in it what this person has asked: where there is room beside the
// conversation, and no other thread is open. The focus stays where it is.

import { isReply } from "./store.js";

const WIDE = "(min-width: 1021px)";
// Clocks of the page and its server are one, but a message has its time before the command that it answers is sent back.
const SLACK_S = 1;

/** Follow what comes, and open threads. */
export function followAnswers({ store }) {
  let known = null;
  store.watch((names, state) => {
    if (!names.has("messages") && !names.has("me")) return;
    const before = known;
    known = { me: state.me, messages: state.messages };
    if (!before || before.me !== state.me || state.thread || !matchMedia(WIDE).matches) return;
    const { channel } = state.place;
    const root = findAnswered(before.messages[channel] ?? {}, state.messages[channel] ?? {}, state);
    if (root) store.change({ thread: { channel, ts: root.ts, isQuiet: true } });
  });
}

function findAnswered(before, now, state) {
  const answers = Object.values(now).filter((one) => !(one.ts in before) && isReply(one) && one.user === state.bot);
  const roots = answers.map(({ thread_ts }) => now[thread_ts]).filter(Boolean);
  return roots.find((root) => isMine(root, state) && !isAnswered(before, root));
}

/** Tell whether this person has begun a thread: by a message, or by the command that the bot has put it up for. */
function isMine(root, { me, bot, asked, place }) {
  if (root.user === me) return true;
  return root.user === bot && asked?.channel === place.channel && Number(root.ts) >= asked.at - SLACK_S;
}

function isAnswered(before, root) {
  return Object.values(before).some((one) => one.thread_ts === root.ts && one.ts !== root.ts);
}

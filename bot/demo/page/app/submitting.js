// What a text becomes when it is sent: a message, a command of the app, or Slack's own command that lets the bot in.

import { sendCommand, sendText } from "./sending.js";
import { findCommand, INVITE } from "./suggestions.js";

/** Send a text from a composer; return what is wrong with it, if it can't be sent as it is, and else nothing. */
export function submitText(page, text, { channel, thread_ts, is_broadcast }) {
  if (!text.trim()) return page.say("writeFirst");
  if (!text.startsWith("/")) return forgo(sendText(page, { channel, thread_ts, text: text.trim(), is_broadcast }));
  const [word] = text.split(/\s/, 1);
  const isKnown = word === INVITE || findCommand(page.store.get(), text);
  if (!isKnown) return page.say("notCommand", { word });
  if (thread_ts) return page.say("noCommandsInThreads", { word });
  if (word === INVITE) return forgo(page.try("invite", { channel }));
  return forgo(sendCommand(page, { channel, command: word, text: text.slice(word.length).trim() }));
}

/** What comes of it is shown where it arrives; there is nothing to wait for and nothing wrong. */
function forgo() {
  return "";
}

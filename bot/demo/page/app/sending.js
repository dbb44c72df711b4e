// Sending: what a person writes stands in the pane at once, and is pending until the workspace has it.

import { nameError } from "./toast.js";

/** Send a message. */
export function sendText(page, { channel, thread_ts, text, is_broadcast }) {
  const id = crypto.randomUUID();
  const details = { channel, thread_ts, text, is_broadcast, client_msg_id: id };
  return send(page, { id, channel, thread_ts, text }, "say", details);
}

/** Send a command; `text` is what follows it. */
export function sendCommand(page, { channel, command, text }) {
  const id = crypto.randomUUID();
  page.store.change({ asked: { channel, at: Date.now() / 1000 } });
  return send(page, { id, channel, command, text }, "command", { channel, command, text });
}

/** Take back what was not sent. */
export function discard({ store }, id) {
  store.change({ pending: store.get().pending.filter((one) => one.id !== id) });
}

/** Forget what has arrived: a message with the id that its sender gave it. */
export function forgetArrived({ store }) {
  const { pending, messages } = store.get();
  if (!pending.length) return;
  const arrived = new Set(
    Object.values(messages).flatMap((channel) => Object.values(channel).map((one) => one.client_msg_id)),
  );
  const left = pending.filter((one) => !arrived.has(one.id));
  if (left.length < pending.length) store.change({ pending: left });
}

async function send(page, shown, name, details) {
  const { store } = page;
  const one = { ...shown, at: Date.now() / 1000, state: "sending", retry: () => resend(page, shown, name, details) };
  store.change({ pending: [...store.get().pending, one] });
  try {
    await page.act(name, details);
    if (shown.command) discard(page, one.id);
    else set(store, one.id, { state: "sent" });
  } catch (error) {
    set(store, one.id, { state: "failed", error: nameError(error) });
    page.announce(page.say(shown.command ? "commandFailed" : "notSent", shown));
  }
}

function resend(page, shown, name, details) {
  discard(page, shown.id);
  return send(page, shown, name, details);
}

function set(store, id, patch) {
  store.change({ pending: store.get().pending.map((one) => (one.id === id ? { ...one, ...patch } : one)) });
}

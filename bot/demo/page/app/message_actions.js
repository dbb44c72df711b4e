// What can be done with a message, as items of its menu.

import { askFirst } from "../confirm.js";
import { lookUp } from "../dom.js";
import { decodeEntities } from "../mrkdwn.js";
import { openThread } from "./places.js";

/** Return whether anything can be done with a message: not with one that is gone, nor with what one person alone sees. */
export function isSelectable(message) {
  return !message.is_ephemeral && message.subtype !== "tombstone";
}

/** List the items: a thread, the app's shortcuts, copying, and for one's own a change and a deletion. */
export function listActions(page, channel, message, { article, isInThread }) {
  const { shortcuts = [], me } = page.store.get();
  const forMessages = shortcuts.filter((shortcut) => shortcut.type === "message");
  const isMine = message.user === me;
  return [
    !isInThread && { label: page.say("replyInThread"), run: () => openThread(page, channel, message) },
    ...forMessages.map(({ name, callback_id }) => ({
      label: name,
      run: () => page.try("message_shortcut", { callback_id, channel, ts: message.ts }),
    })),
    { label: page.say("copyText"), run: () => copy(page, article) },
    isMine && { label: page.say("editMessage"), run: () => edit(page, channel, message, isInThread) },
    isMine && { label: page.say("deleteMessage"), run: () => askToDelete(page, channel, message), isDanger: true },
  ].filter(Boolean);
}

/** Write the text of a message as it was typed: names instead of ids, no entities. */
export function writeTyped(message, state) {
  const named = String(message.text ?? "")
    .replace(/<@(\w+)>/g, (whole, id) => (lookUp(state.users, id) ? `@${state.users[id].name}` : whole))
    .replace(/<(?:[^<>|]*\|)?([^<>]*)>/g, "$1");
  return decodeEntities(named);
}

async function copy(page, article) {
  try {
    await navigator.clipboard.writeText(article.querySelector(".body").innerText);
    page.announce(page.say("copied"));
  } catch {
    page.warn(page.say("notCopied"));
  }
}

function edit(page, channel, message, isInThread) {
  page.store.change({ editing: { channel, ts: message.ts, isInThread } });
}

function askToDelete(page, channel, message) {
  const confirm = {
    title: page.say("deleteMessage"),
    text: { type: "plain_text", text: page.say("askDelete") },
    confirm: page.say("delete"),
    deny: page.say("cancel"),
    style: "danger",
  };
  askFirst(confirm, page.store.get(), () => page.try("delete", { channel, ts: message.ts }));
}

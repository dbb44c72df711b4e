// What a use of something in a message does: the world that the drawing library is given, with its callbacks.

import { readAnswers } from "../controls.js";
import { openThread } from "./places.js";
import { openFile } from "./panels.js";

/**
 * Make the world of one conversation. Messages do not hold their channel; whoever draws knows it. `find()` returns
 * what was clicked, which shows that it works until the bot has answered.
 */
export function makeWorld(page, channel, find = () => null) {
  return {
    ...page.store.get(),
    onAction: (action, source) => click(page, channel, action, source, find()),
    onThread: (message) => openThread(page, channel, message),
    onFile: (file) => openFile(file, { store: page.store }),
  };
}

/** Ask the server to stop what the agent does in a thread. */
export function stop(page, { channel, thread_ts }) {
  return page.try("stop", { channel, thread_ts });
}

async function click(page, channel, action, source, control) {
  if (control?.getAttribute("aria-busy") === "true") return;
  control?.setAttribute("aria-busy", "true");
  const { action_id, block_id, value } = action;
  const answers = control ? readAnswers(control.closest("article") ?? control) : {};
  await page.try("click", { channel, ts: source.ts, action_id, block_id, value, answers });
  control?.removeAttribute("aria-busy");
}

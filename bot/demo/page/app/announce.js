// Says to screen readers what has happened, in few words: the conversation itself is edited every few seconds while
// the bot works, and must not be read out each time.

import { el } from "../dom.js";

/** Make the region that is read out; `announce(text)` speaks in it. */
export function makeAnnouncer() {
  const node = el("div", { class: "unseen", "aria-live": "polite", "aria-atomic": "true" });
  return {
    node,
    announce(text) {
      // The same words said twice are heard twice only as a new node.
      node.replaceChildren(el("p", {}, text));
    },
  };
}

// Links to messages of this workspace, which the page opens in its own panes instead of a window beside it.

import { openPlace, openThread } from "./places.js";

const PERMALINK = /\/archives\/(\w+)\/p(\d+)(\d{6})$/;

/** Follow such links wherever on the page they are clicked; one to a message that is not here goes its own way. */
export function followPermalinks(page) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const found = link && findMessage(page.store.get(), new URL(link.href));
    if (!found || event.defaultPrevented) return;
    event.preventDefault();
    openPlace(page, found.channel);
    openThread(page, found.channel, found.message);
  });
}

function findMessage({ messages }, { pathname }) {
  const [, channel, seconds, micros] = PERMALINK.exec(pathname) ?? [];
  const message = channel && messages[channel]?.[`${seconds}.${micros}`];
  return message ? { channel, message } : null;
}

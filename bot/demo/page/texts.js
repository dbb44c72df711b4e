// Text objects: plain_text and mrkdwn. https://docs.slack.dev/reference/block-kit/composition-objects/text-object

import { el, textOf } from "./dom.js";
import { drawMrkdwn, writeEmojiNames } from "./mrkdwn.js";

/** Draw a text object, inline. */
export function drawText(object, world) {
  const isMrkdwn = object?.type === "mrkdwn";
  const inside = isMrkdwn ? drawMrkdwn(textOf(object), world, object) : writePlain(object);
  return el("span", { class: isMrkdwn ? "text mrkdwn" : "text" }, inside);
}

/** Write a plain text object as a string. */
export function writePlain(object) {
  return object?.emoji === false ? textOf(object) : writeEmojiNames(textOf(object));
}

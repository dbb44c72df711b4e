// What an empty conversation says: what can be typed here, with an example to take.

import { el, icon } from "../dom.js";
import { WINDOW } from "../icons.js";
import { drawAvatar } from "../names.js";
import { isBotDm, writePlaceName } from "./places.js";

/** Draw the welcome of a conversation; `onExample(text)` is called with the example that was chosen. */
export function drawWelcome(page, place, onExample) {
  const state = page.store.get();
  const name = writePlaceName(place);
  const words = chooseWords(state, place);
  const example =
    state.commands?.[0] && onExample && !place.is_im && !place.is_archived ? drawExample(page, state, onExample) : null;
  return el(
    "section",
    { class: "welcome", "aria-label": name },
    place.is_im ? drawAvatar(state, place.user) : el("span", { class: "seal", "aria-hidden": "true" }, icon(WINDOW)),
    el("p", { class: "title" }, page.say(`${words}Title`, { place: name })),
    el("p", {}, page.say(words, { place: name })),
    example,
  );
}

function chooseWords(state, place) {
  if (place.is_im) return isBotDm(state, place) ? "welcomeBot" : "welcomePerson";
  return place.is_archived ? "welcomeArchived" : "welcomeChannel";
}

function drawExample(page, state, onExample) {
  const text = `${state.commands[0].command} ${page.say("example")}`;
  return el("button", { type: "button", class: "button example", click: () => onExample(text) }, text);
}

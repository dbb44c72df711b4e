// The head of the main pane: the name of the conversation, the tabs of the bot's, whether the bot is here.

import { el, icon } from "../dom.js";
import { MORE } from "../icons.js";
import { drawAvatar } from "../names.js";
import { BOX, HASH, LOCK } from "./icons.js";
import { makeMenuButton } from "./menu.js";
import { findPlace, isBotDm, openPlace } from "./places.js";

const TABS = ["messages", "home"];

/** Draw the head into its node. */
export function drawHead(node, page) {
  const state = page.store.get();
  const place = findPlace(state);
  const sign = place.is_im ? drawAvatar(state, place.user) : icon(place.is_private ? LOCK : HASH);
  node.replaceChildren(
    el("div", { class: "title" }, sign, el("h2", {}, place.name)),
    isBotDm(state, place) ? drawTabs(page, place) : "",
    drawNote(page, place) ?? "",
    place.has_bot && !place.is_im && !place.is_archived ? drawMore(page, place) : "",
  );
}

function drawTabs(page, place) {
  const { tab } = page.store.get().place;
  const choose = (name) => openPlace(page, place.id, name);
  const keys = (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = TABS.find((name) => name !== page.store.get().place.tab);
    choose(other);
    document.getElementById(`tab-${other}`)?.focus();
  };
  const draw = (name) => {
    const isCurrent = name === tab;
    const attributes = {
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      "aria-selected": String(isCurrent),
      tabindex: isCurrent ? 0 : -1,
      click: () => choose(name),
    };
    return el("button", attributes, page.say(`tab_${name}`));
  };
  return el("div", { class: "tabs", role: "tablist", "aria-label": place.name, keydown: keys }, TABS.map(draw));
}

function drawNote(page, place) {
  if (place.is_archived) return el("p", { class: "mark" }, icon(BOX), page.say("archived"));
  if (place.is_im || place.has_bot) return null;
  const invite = () => page.try("invite", { channel: place.id });
  return el(
    "div",
    { class: "mark" },
    el("span", {}, page.say("botAway")),
    el("button", { type: "button", class: "button slim", click: invite }, page.say("invite")),
  );
}

function drawMore(page, place) {
  const label = page.say("channelActions");
  const remove = { label: page.say("removeBot"), run: () => page.try("remove", { channel: place.id }) };
  return makeMenuButton({ class: "icon-button more", "aria-label": label, title: label }, icon(MORE), () => [remove]);
}

// The main pane: the head of a conversation, its messages, the composer; for the bot's direct message its Home too.

import { el } from "../dom.js";
import { drawSuggestedPrompts } from "../draw.js";
import { drawHead } from "./channel_head.js";
import { makeComposer } from "./composer.js";
import { keepFocus } from "./focus.js";
import { listChannelItems } from "./items.js";
import { drawHomeTab } from "./panels.js";
import { findPlace, isBotDm, writePlaceName } from "./places.js";
import { sendText } from "./sending.js";
import { makeTimeline } from "./timeline.js";
import { drawWelcome } from "./welcome.js";

const HEAD_FROM = ["channels", "place", "language", "bot", "team"];
const BODY_FROM = [
  "messages",
  "whispers",
  "statuses",
  "prompts",
  "pending",
  "files",
  "editing",
  ...HEAD_FROM,
  "commands",
];

/** Make the main pane; it keeps itself up to date. */
export function makeChannel(page) {
  const parts = makeParts(page);
  let shown = "";
  page.store.watch((names) => {
    const state = page.store.get();
    const place = findPlace(state);
    if (!place) return;
    if (HEAD_FROM.some((name) => names.has(name))) keepFocus(parts.head, () => drawHead(parts.head, page));
    if (!BODY_FROM.some((name) => names.has(name))) return;
    const now = `${state.me} ${place.id} ${state.place.tab}`;
    if (now !== shown) arrive(page, parts, state);
    shown = now;
    update(page, parts, place);
  });
  return { node: parts.node, focus: () => parts.composer.focus() };
}

function makeParts(page) {
  const head = el("div", { class: "pane-head" });
  const before = el("div", { class: "before" });
  const foot = el("div", { class: "pane-foot" });
  const home = el("div", { class: "home-tab" });
  const timeline = makeTimeline(() => {
    const place = findPlace(page.store.get());
    if (place) update(page, parts, place);
  });
  const composer = makeComposer(page, () => describe(page), timeline.toEnd);
  const body = el("div", { class: "pane-body", id: "conversation" }, timeline.node, before, foot);
  const node = el("main", { class: "pane main", id: "main", tabindex: "-1" }, head, body, home);
  const parts = { node, head, body, before, foot, home, timeline, composer };
  return parts;
}

/** Show another conversation, or another tab of it. */
function arrive(page, parts, { place }) {
  const isHome = place.tab === "home";
  parts.timeline.restart();
  parts.body.hidden = isHome;
  parts.home.hidden = !isHome;
  parts.home.replaceChildren(isHome ? drawHomeTab({ store: page.store, act: page.act }) : "");
}

function update(page, parts, place) {
  const state = page.store.get();
  const isTabbed = isBotDm(state, place);
  for (const [node, tab] of [
    [parts.body, "messages"],
    [parts.home, "home"],
  ]) {
    if (isTabbed) setTab(node, tab);
    else for (const name of ["role", "aria-labelledby"]) node.removeAttribute(name);
  }
  const items = listChannelItems(page, place.id);
  const label = page.say("messagesIn", { place: writePlaceName(place) });
  parts.timeline.show(items, { label, newer: page.say("newer") });
  keepFocus(parts.before, () => parts.before.replaceChildren(...drawBefore(page, parts, place, items.length === 0)));
  showComposer(page, parts, place);
}

function setTab(node, tab) {
  node.setAttribute("role", "tabpanel");
  node.setAttribute("aria-labelledby", `tab-${tab}`);
}

/** Draw what stands above the composer while there is no conversation yet. */
function drawBefore(page, parts, place, isEmpty) {
  const state = page.store.get();
  const prompts = state.prompts[place.id] ?? [];
  if (!isEmpty) return [];
  if (!isBotDm(state, place)) return [drawWelcome(page, place, (text) => parts.composer.fill(text))];
  const onPrompt = (text) => sendText(page, { channel: place.id, text });
  const drawn = prompts.length
    ? drawSuggestedPrompts(prompts, { ...state, onPrompt }, { title: page.say("promptsTitle") })
    : "";
  return [drawWelcome(page, place), drawn];
}

function showComposer(page, parts, place) {
  if (place.is_archived) {
    parts.foot.replaceChildren(el("p", { class: "closed" }, page.say("archivedNote")));
    return;
  }
  if (!parts.composer.node.isConnected) parts.foot.replaceChildren(parts.composer.node);
  parts.composer.update();
}

function describe(page) {
  const place = findPlace(page.store.get());
  return { channel: place.id, label: page.say("writeIn", { place: writePlaceName(place) }) };
}

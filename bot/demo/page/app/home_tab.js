// The bot's Home: asked for when it is looked at, kept up to date as long as it stands on the page.

import { el } from "../dom.js";
import { drawHome } from "../views.js";
import { findUsed, makeNotice, workOn } from "./acting.js";
import { readFilled, replaceKeeping } from "./keeping.js";
import { say } from "./words.js";

const SHOWN = ["home", "language", "me", "users", "files"];

/** Draw the Home tab of the bot as a node that follows the store while it stands on the page. */
export function drawHomeTab({ store, act }) {
  const content = el("div", { class: "home-content", tabindex: "-1" });
  const stand = { store, act, content, notice: makeNotice(), sign: null, me: store.get().me, wasSeen: false };
  const stop = store.watch((names) => {
    if (isGone(stand)) stop();
    else if (SHOWN.some((name) => names.has(name))) follow(stand);
    if (names.has("process") && store.get().process.state === "ready" && !store.get().home) ask(stand);
  });
  follow(stand);
  ask(stand);
  return el("div", { class: "home-panel" }, stand.notice.node, content);
}

function isGone(stand) {
  const { isConnected } = stand.content;
  stand.wasSeen ||= isConnected;
  return stand.wasSeen && !isConnected;
}

function follow(stand) {
  const state = stand.store.get();
  if (state.me !== stand.me) {
    stand.me = state.me;
    ask(stand);
  }
  const sign = JSON.stringify([state.home, state.language, state.users]);
  if (sign === stand.sign) return;
  stand.sign = sign;
  replaceKeeping(stand.content, draw(stand, state));
}

function draw(stand, state) {
  if (!state.home) return el("p", { class: "home-empty" }, say(state, "homeEmpty"));
  return drawHome(state.home, { ...state, onAction: (action) => use(stand, action) });
}

function ask(stand) {
  return workOn(null, stand.notice, stand.store, () => stand.act("open_home", { tab: "home" }));
}

function use({ store, act, content, notice }, { action_id, block_id, value }) {
  const details = { view_id: store.get().home.id, action_id, block_id, value, answers: readFilled(content) };
  return workOn(findUsed(content), notice, store, () => act("click_view", details));
}

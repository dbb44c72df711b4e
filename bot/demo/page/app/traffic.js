// What goes over the wire between Slack, the bot and CodeMie, and what the bot logs: a list that grows at its end.

import { el } from "../dom.js";
import { drawEntry, partyOf } from "./traffic_entry.js";
import { say } from "./words.js";

const PARTIES = ["slack", "codemie", "log"];
const NEAR_PX = 40;

/** Draw the list: `{nodes, stop}`; it follows the store until `stop()`. Only what is new or has changed is drawn. */
export function drawTraffic({ store }) {
  const state = store.get();
  const list = el("ol", { class: "entries", tabindex: "0", "aria-label": say(state, "overWire") });
  const empty = el("p", { class: "soft entries-empty" }, say(state, "noTraffic"));
  const stand = { store, list, empty, rows: new Map() };
  const stop = store.watch((names) => names.has("traffic") && follow(stand));
  queueMicrotask(() => follow(stand));
  const body = el("div", { class: "tray-body" }, drawFilter(stand, state), drawColumns(state), list, empty);
  return { nodes: body, stop };
}

function follow({ store, list, empty, rows }) {
  const state = store.get();
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
  dropGone(rows, state.traffic);
  for (const entry of state.traffic) show(entry, { state, list, rows });
  empty.hidden = state.traffic.length > 0;
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function dropGone(rows, traffic) {
  const ids = new Set(traffic.map((entry) => entry.id));
  for (const [id, { row }] of rows) {
    if (ids.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
}

function show(entry, { state, list, rows }) {
  const known = rows.get(entry.id);
  if (known?.entry === entry) return;
  const row = known?.row ?? el("li", { "data-party": partyOf(entry) });
  drawEntry(row, entry, state);
  if (!known) list.append(row);
  rows.set(entry.id, { entry, row });
}

function drawFilter({ store, list }, state) {
  const boxes = PARTIES.map((party) => {
    const change = (event) => list.classList.toggle(`without-${party}`, !event.target.checked);
    const box = el("input", { type: "checkbox", checked: true, change });
    return el("label", {}, box, say(state, `party_${party}`));
  });
  const clear = () => store.change({ traffic: [] });
  return el(
    "div",
    { class: "filter" },
    el("div", { role: "group", class: "parties", "aria-label": say(state, "show") }, boxes),
    el("button", { type: "button", class: "button slim", click: clear }, say(state, "clear")),
  );
}

function drawColumns(state) {
  const names = ["colTime", "colWay", "colWhat", "colOutcome", "colTook"];
  return el(
    "div",
    { class: "entry-line columns", "aria-hidden": "true" },
    names.map((name) => el("span", {}, say(state, name))),
  );
}

// One entry of what goes over the wire: a line that opens to what was sent and what was received.

import { el } from "../dom.js";
import { languageOf, localeOf } from "../words.js";
import { say } from "./words.js";

const LONGEST_CHARS = 20_000;
const SHORTEST_MS = 3;
const TENTHS = 10;

/** Return who an entry is with, beside the bot: "slack", "codemie" or "log". */
export function partyOf(entry) {
  return entry.to === "bot" ? entry.from : entry.to;
}

/** Draw an entry into its row; what is inside is drawn when it is opened, and stays open when it is drawn again. */
export function drawEntry(row, entry, state) {
  const known = row.querySelector("details");
  const details = known ?? el("details", { toggle: () => fill(row) });
  const hadFocus = details.contains(document.activeElement);
  row.fill = () => details.replaceChildren(details.firstChild, ...(details.open ? drawInside(entry, state) : []));
  details.replaceChildren(el("summary", {}, drawLine(entry, state)));
  if (details.open) row.fill();
  if (!known) row.append(details);
  if (hadFocus) details.firstChild.focus();
}

function fill(row) {
  row.fill();
  row.scrollIntoView({ block: "nearest" });
}

function drawLine(entry, state) {
  return el(
    "span",
    { class: "entry-line" },
    el("span", { class: "entry-time" }, writeMoment(entry, state)),
    el("span", { class: `entry-way of-${partyOf(entry)}` }, say(state, `way_${entry.from}_${entry.to}`)),
    el("span", { class: "entry-name" }, entry.name),
    drawOutcome(entry, state),
    entry.to === "log" ? el("span") : drawTook(entry, state),
  );
}

function writeMoment({ at }, state) {
  const moment = new Date(at * 1000);
  return moment.toLocaleTimeString(localeOf(state), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function drawOutcome(entry, state) {
  const { text, tone } = judge(entry, state);
  return el("span", { class: `entry-outcome ${tone}` }, text);
}

function judge({ to, level, status, error, took_s: tookS }, state) {
  if (to === "log") return { text: level, tone: ["error", "critical", "warning"].includes(level) ? "bad" : "plain" };
  if (tookS === null) return { text: say(state, "underWay"), tone: "plain" };
  if (status === 0) return { text: error ?? say(state, "noAnswer"), tone: "bad" };
  const text = [status, error].filter(Boolean).join(" ");
  return { text, tone: error || status >= 400 ? "bad" : "good" };
}

function drawTook({ took_s: tookS }, state) {
  if (tookS == null) return el("span", { class: "entry-took" });
  const ms = Math.round(tookS * 1000);
  const shown = say(state, "ms", { n: ms ? ms.toLocaleString(languageOf(state)) : "< 1" });
  return el("span", { class: "entry-took" }, el("i", { class: `bar w-${countTenths(ms)}` }), el("span", {}, shown));
}

/** A bar grows with the number of digits: from a few milliseconds to half a minute. */
function countTenths(ms) {
  const share = Math.log10(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / 4;
  return Math.min(TENTHS, Math.max(1, Math.ceil(share * TENTHS)));
}

function drawInside(entry, state) {
  const parts = [drawJson(entry.to === "log" ? "fields" : "sent", entry.sent, state)];
  if (entry.to !== "log" && entry.took_s !== null) parts.push(drawJson("received", entry.received, state));
  return [el("div", { class: "entry-inside" }, parts)];
}

function drawJson(name, value, state) {
  const text = value == null ? say(state, "nothing") : writeJson(value);
  const cut = text.length > LONGEST_CHARS ? el("p", { class: "soft" }, say(state, "jsonCut")) : null;
  const attributes = { tabindex: "0", role: "region", "aria-label": say(state, name) };
  return el("div", {}, el("h3", {}, say(state, name)), el("pre", attributes, text.slice(0, LONGEST_CHARS)), cut);
}

function writeJson(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

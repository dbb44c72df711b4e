// What can go wrong: switches for the faults of the built-in Slack and CodeMie, and a way to crash the bot.

import { el, makeId } from "../dom.js";
import { makeNotice, workOn } from "./acting.js";
import { PANEL_WORDS } from "./words/panels.js";
import { say } from "./words.js";

/** Draw the switches: `{nodes, stop}`; they follow the store until `stop()`. */
export function drawTroubles({ store, act }) {
  const tools = { store, act, notice: makeNotice(), switches: new Map() };
  const condition = el("p", { class: "condition", role: "status" });
  const stop = store.watch((names) => {
    if (names.has("troubles")) showWhich(tools.switches, store.get());
    if (names.has("process")) showCondition(condition, store.get());
  });
  showCondition(condition, store.get());
  const intro = el("p", { class: "soft" }, say(store.get(), "troubleIntro"));
  const groups = [drawGroup("slack", tools), drawGroup("codemie", tools), drawGroup("bot", tools)];
  groups.at(-1).append(drawCrash(tools), condition);
  return {
    nodes: el("div", { class: "tray-body" }, intro, tools.notice.node, el("div", { class: "groups" }, groups)),
    stop,
  };
}

function drawGroup(group, tools) {
  const state = tools.store.get();
  const own = (state.troubles ?? []).filter((trouble) => trouble.group === group);
  const switches = own.map((trouble) => drawTrouble(trouble, tools));
  return el(
    "section",
    { class: "trouble-group" },
    el("h3", {}, say(state, `group_${group}`)),
    switches.length ? el("ul", { class: "troubles" }, switches) : null,
  );
}

function drawTrouble({ name, is_on: isOn }, { store, act, notice, switches }) {
  const [label, hint] = [makeId(), makeId()];
  const attributes = { type: "button", class: "switch", role: "switch", "aria-checked": String(isOn) };
  const turn = (event) => {
    const details = { name, is_on: event.currentTarget.getAttribute("aria-checked") !== "true" };
    workOn(event.currentTarget, notice, store, () => act("trouble", details));
  };
  const lever = el("button", { ...attributes, "aria-labelledby": label, "aria-describedby": hint, click: turn });
  switches.set(name, lever);
  const [title, about] = ["trouble", "about"].map((kind) => sayIfKnown(store.get(), `${kind}_${name}`, name));
  return el(
    "li",
    {},
    lever,
    el(
      "div",
      {},
      el("div", { class: "trouble-name", id: label }, title),
      el("div", { class: "soft", id: hint }, about),
    ),
  );
}

function sayIfKnown(state, word, other) {
  return Object.hasOwn(PANEL_WORDS.en, word) ? say(state, word) : other;
}

function showWhich(switches, state) {
  for (const { name, is_on: isOn } of state.troubles ?? [])
    switches.get(name)?.setAttribute("aria-checked", String(isOn));
}

function drawCrash({ store, act, notice }) {
  const state = store.get();
  const click = (event) => workOn(event.currentTarget, notice, store, () => act("crash", {}));
  return el(
    "div",
    { class: "crash" },
    el("button", { type: "button", class: "button danger", click }, say(state, "crash")),
    el("p", { class: "soft" }, say(state, "aboutCrash")),
  );
}

function showCondition(node, state) {
  const known = { starting: "isStarting", ready: "isReady", stopped: "isStopped" }[state.process?.state];
  node.textContent = known ? say(state, known) : "";
  node.dataset.state = state.process?.state ?? "";
}

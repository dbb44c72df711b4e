// The settings of the page, behind one button: who looks, in which language, how it looks, and what answers.

import { el, icon, makeId } from "../dom.js";
import { drawAvatar, isBot, nameUser } from "../names.js";
import { makeNotice, workOn } from "./acting.js";
import { SETTINGS, WARNING, WIRE } from "./icons.js";
import { replaceKeeping } from "./keeping.js";
import { drawChoice, drawRadios } from "./settings_fields.js";
import { say } from "./words.js";

const SHOWN = ["users", "me", "person", "locale", "language", "theme", "codemie", "process", "transport"];
const THEMES = ["system", "light", "dark"];

/** Draw the button of the settings with its panel, as one node that follows the store. */
export function drawSettings({ store, act }) {
  const id = makeId();
  const button = el("button", { type: "button", class: "settings-button", popovertarget: id });
  const panel = el("div", { class: "slack settings-panel", id, popover: "auto", role: "dialog" });
  const stand = { store, act, button, panel, notice: makeNotice() };
  store.watch((names) => SHOWN.some((name) => names.has(name)) && show(stand));
  show(stand);
  return el("div", { class: "settings-menu" }, button, panel);
}

function show(stand) {
  const { store, button, panel } = stand;
  const state = store.get();
  const label = say(state, "settings");
  button.setAttribute("aria-label", label);
  button.title = label;
  button.replaceChildren(...(state.me ? [drawAvatar(state, state.me)] : []), icon(SETTINGS));
  panel.setAttribute("aria-label", label);
  replaceKeeping(panel, el("h2", {}, label), ...drawFields(stand, state), stand.notice.node, drawDrawers(stand, state));
}

function drawFields(stand, state) {
  return [
    drawPerson(stand, state),
    drawLocale(stand, state),
    drawTheme(stand, state),
    drawCodemie(stand, state),
    el("p", { class: "transport" }, say(state, state.transport === "socket" ? "bySocket" : "byHttp")),
  ];
}

function drawPerson({ store }, state) {
  const people = Object.keys(state.users).filter((id) => !isBot(state, id));
  return drawChoice({
    name: "person",
    label: say(state, "youAre"),
    hint: say(state, "youAreHint"),
    value: state.me,
    options: people.map((id) => ({ value: id, text: nameUser(state, id) })),
    onChoice: (person) => store.change({ person }),
  });
}

function drawLocale(stand, state) {
  const options = ["en-US", "uk-UA"].map((value) => ({ value, text: say(state, `locale_${value}`) }));
  return drawChoice({
    name: "locale",
    label: say(state, "locale"),
    hint: say(state, "localeHint"),
    value: state.locale,
    options,
    onChoice: (locale) => change(stand, "locale", { locale }),
  });
}

function drawTheme({ store }, state) {
  return drawRadios({
    name: "theme",
    label: say(state, "theme"),
    value: THEMES.includes(state.theme) ? state.theme : "system",
    options: THEMES.map((value) => ({ value, text: say(state, `theme_${value}`) })),
    isSlim: true,
    onChoice: (theme) => store.change({ theme }),
  });
}

function drawCodemie(stand, state) {
  const { kind = "demo", can_be_real: canBeReal = false } = state.codemie ?? {};
  return drawRadios({
    name: "codemie",
    label: say(state, "codemie"),
    hint: writeCodemieHint(state, canBeReal),
    value: kind,
    options: ["demo", "real"].map((value) => ({
      value,
      text: say(state, `codemie_${value}`),
      isOff: value === "real" && !canBeReal,
    })),
    onChoice: (chosen) => change(stand, "codemie", { kind: chosen }),
  });
}

function writeCodemieHint(state, canBeReal) {
  if (state.process?.state === "starting") return say(state, "isStarting");
  return say(state, canBeReal ? "codemieHint" : "realMissing");
}

async function change(stand, name, details) {
  const isDone = await workOn(null, stand.notice, stand.store, () => stand.act(name, details));
  if (!isDone) show(stand);
}

function drawDrawers({ store, button, panel }, state) {
  const buttons = [
    ["troubles", "goWrong", WARNING],
    ["traffic", "overWire", WIRE],
  ].map(([drawer, word, path]) => {
    const click = () => {
      panel.hidePopover();
      button.focus();
      store.change({ drawer });
    };
    return el("button", { type: "button", class: "button", click }, icon(path), say(state, word));
  });
  return el("div", { class: "settings-drawers" }, buttons);
}

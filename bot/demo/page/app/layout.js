// The frame of the page: its head, the list of conversations, the conversation, the thread; what is said and warned of.

import { el, icon } from "../dom.js";
import { makeChannel } from "./channel.js";
import { MENU } from "./icons.js";
import { drawSettings } from "./panels.js";
import { makeSidebar } from "./sidebar.js";
import { makeThread } from "./thread.js";

const NARROW = "(max-width: 760px)";

/** Draw the frame into the body; returns the place where the panels are to be drawn. */
export function drawFrame(page, { announcer, toast }) {
  const channel = makeChannel(page);
  const drawer = makeDrawer(page, () => channel.focus());
  const thread = makeThread(page, (ts) => giveBack(channel, ts));
  const skip = drawSkip([channel.node, thread]);
  const top = el("header", { class: "top-bar" });
  const settings = drawSettings({ store: page.store, act: page.act });
  const root = el("div", { class: "panels" });
  const desk = el("div", { class: "desk" }, drawer.node, channel.node, thread);
  document.body.replaceChildren(skip, top, desk, toast.node, announcer.node, root);
  drawer.keepApart([top, channel.node, thread]);
  drawTop(page, top, drawer.button, settings);
  page.store.watch((names, state) => {
    if (names.has("thread")) desk.classList.toggle("with-thread", Boolean(state.thread));
    if (!names.has("language") && !names.has("team")) return;
    skip.replaceChildren(page.say("skip"));
    drawer.label();
    top.querySelector("h1").textContent = state.team?.name ?? "";
    top.querySelector(".seal").textContent = (state.team?.name ?? " ")[0].toUpperCase();
  });
  return root;
}

/** Draw the way past the lists: to the first of the panes that can be seen. */
function drawSkip(panes) {
  const click = (event) => {
    event.preventDefault();
    panes.find((pane) => pane.checkVisibility())?.focus();
  };
  return el("a", { class: "skip", href: "#main", click });
}

function drawTop(page, top, button, settings) {
  const seal = el("span", { class: "seal", "aria-hidden": "true" });
  top.replaceChildren(button, seal, el("h1", {}), el("div", { class: "settings" }, settings));
}

/** Make the list of conversations, which on a phone comes in from the side while the rest can't be reached. */
function makeDrawer(page, onChosen) {
  const narrow = window.matchMedia(NARROW);
  const button = el(
    "button",
    { type: "button", class: "icon-button menu-button", "aria-expanded": "false" },
    icon(MENU),
  );
  const node = makeSidebar(page, () => {
    const wasOpen = isOpen();
    set(false);
    if (wasOpen || !narrow.matches) onChosen();
  });
  const shade = el("div", { class: "shade", click: () => set(false) });
  const wrap = el("div", { class: "side" }, node, shade);
  let rest = [];
  const isOpen = () => wrap.classList.contains("open");
  function set(open) {
    wrap.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    for (const one of rest) one.inert = open && narrow.matches;
    if (open) (node.querySelector("[aria-current]") ?? node.querySelector("button"))?.focus();
    else if (wrap.contains(document.activeElement)) button.focus();
  }
  button.addEventListener("click", () => set(!isOpen()));
  wrap.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    set(false);
    button.focus();
  });
  narrow.addEventListener("change", () => set(false));
  return {
    node: wrap,
    button,
    keepApart: (nodes) => (rest = nodes),
    label: () => button.setAttribute("aria-label", page.say("conversations")),
  };
}

/** After a thread has closed, stand again on the message it was opened from. */
function giveBack(channel, ts) {
  const article = document.querySelector(`.main article[data-ts="${CSS.escape(ts)}"]`);
  const button = article?.querySelector("button.reply-count") ?? article?.querySelector(".tools button");
  if (button) button.focus();
  else channel.focus();
}

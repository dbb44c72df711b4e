// The modals that are open, of which the top one is shown: a real dialog, so that the focus stays in it and Esc closes.

import { el, icon } from "../dom.js";
import { writePlain } from "../texts.js";
import { drawModal } from "../views.js";
import { findUsed, makeNotice, workOn } from "./acting.js";
import { BACK } from "./icons.js";
import { carryFilled, readFilled, replaceKeeping } from "./keeping.js";
import { say } from "./words.js";

/** Show the top one of `state.views` in `root`, and follow what becomes of it. */
export function mountModals({ store, act, root }) {
  const stand = { store, act, root, shown: null, opener: null, aside: new Map(), notice: makeNotice() };
  store.watch((names) => (names.has("views") || names.has("language")) && follow(stand));
  follow(stand);
}

function follow(stand) {
  const { views, language } = stand.store.get();
  const view = views.at(-1);
  if (!view) return leave(stand);
  const sign = JSON.stringify([view, views.length, language]);
  if (sign === stand.shown?.sign) return;
  const dialog = stand.shown?.id === view.id ? update(stand, view) : open(stand, view);
  stand.shown = { id: view.id, sign, dialog };
  if (Object.keys(view.errors ?? {}).length) focusWrong(dialog);
}

function open(stand, view) {
  stand.opener ??= document.activeElement;
  setAside(stand);
  stand.notice.clear();
  const dialog = draw(stand, view);
  carryFilled(stand.aside.get(view.id) ?? [], dialog);
  dialog.addEventListener("close", () => dialog.isConnected && dismiss(stand, view.id, false));
  stand.root.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Keep what was filled in under the view that is put on top, for when it is shown again. */
function setAside({ shown, aside }) {
  if (!shown) return;
  shown.dialog.remove();
  aside.set(shown.id, [...shown.dialog.childNodes]);
}

function update(stand, view) {
  const { dialog } = stand.shown;
  const fresh = draw(stand, view);
  dialog.setAttribute("aria-labelledby", fresh.getAttribute("aria-labelledby"));
  replaceKeeping(dialog, ...fresh.childNodes);
  if (!dialog.contains(document.activeElement)) dialog.querySelector("[autofocus]")?.focus();
  return dialog;
}

function leave(stand) {
  if (!stand.shown) return;
  const { dialog } = stand.shown;
  stand.shown = null;
  stand.aside.clear();
  dialog.remove();
  const opener = stand.opener?.isConnected ? stand.opener : document.querySelector("main textarea, main");
  stand.opener = null;
  opener?.focus();
}

function draw(stand, view) {
  const state = stand.store.get();
  const dialog = drawModal(beginHere(view, state.place), {
    ...state,
    onAction: (action) => use(stand, view, action),
    onSubmit: () => submit(stand, view),
    onClose: () => dismiss(stand, view.id, false),
  });
  const [below] = state.views.slice(-2, -1);
  if (state.views.length > 1) addWayBack(stand, dialog, view, below);
  dialog.querySelector(".foot").before(stand.notice.node);
  return dialog;
}

/** A menu may begin with the conversation that the person is looking at. */
function beginHere(view, { channel, tab }) {
  const blocks = view.blocks.map((block) => {
    const { element } = block;
    if (!element?.default_to_current_conversation || element.initial_conversation || tab === "home") return block;
    return { ...block, element: { ...element, initial_conversation: channel } };
  });
  return { ...view, blocks };
}

function addWayBack(stand, dialog, view, below) {
  const top = dialog.querySelector(".top");
  const label = say(stand.store.get(), "backTo", { title: writePlain(below.title) });
  const back = { type: "button", class: "icon-button", "aria-label": label, title: label };
  top.prepend(el("button", { ...back, click: () => dismiss(stand, view.id, false) }, icon(BACK)));
  // The cross leaves all of them, as in Slack; caught before the drawing's own way, which leaves the top one.
  top.querySelector(".icon-button:last-child").addEventListener(
    "click",
    (event) => {
      event.stopImmediatePropagation();
      dismiss(stand, view.id, true);
    },
    { capture: true },
  );
}

function use(stand, view, { action_id, block_id, value }) {
  const { dialog } = stand.shown;
  const details = { view_id: view.id, action_id, block_id, value, answers: readFilled(dialog) };
  return workOn(findUsed(dialog), stand.notice, stand.store, () => stand.act("click_view", details));
}

async function submit(stand, view) {
  const { dialog } = stand.shown;
  const button = dialog.querySelector(".foot [type=submit]");
  const details = { view_id: view.id, answers: readFilled(dialog) };
  await workOn(button, stand.notice, stand.store, () => stand.act("submit", details));
  focusWrong(dialog);
}

/** Take the view away at once, and tell the server, which knows of no other end than this. */
function dismiss(stand, id, isAll) {
  const { views } = stand.store.get();
  if (!views.some((view) => view.id === id)) return;
  stand.store.change({ views: isAll ? [] : views.filter((view) => view.id !== id) });
  stand.act("close", { view_id: id, with_all: isAll }).catch(() => {});
}

function focusWrong(dialog) {
  const wrong = dialog.querySelector("[aria-invalid]");
  if (!wrong) return;
  const field = wrong.matches("input, textarea, select") ? wrong : wrong.querySelector("input");
  field?.focus();
}

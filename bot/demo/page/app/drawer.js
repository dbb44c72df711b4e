// The drawer under the conversation: what can go wrong, or what goes over the wire. On a phone it covers the page.

import { el, icon, makeId } from "../dom.js";
import { CLOSE } from "../icons.js";
import { drawTraffic } from "./traffic.js";
import { drawTroubles } from "./troubles.js";
import { say } from "./words.js";

const NARROW = "(max-width: 760px)";
const DRAWINGS = { traffic: drawTraffic, troubles: drawTroubles };

/** Show in `root` the drawer that `state.drawer` names; the layout is told by `data-drawer` on the page's root. */
export function mountDrawer({ store, act, root }) {
  const stand = { store, act, root, dialog: null, opener: null, stop: null };
  store.watch((names) => {
    if (names.has("drawer") || names.has("language")) follow(stand);
  });
  follow(stand);
}

function follow(stand) {
  const { drawer } = stand.store.get();
  if (!stand.dialog) stand.opener = document.activeElement;
  const wasOpen = Boolean(stand.dialog);
  takeAway(stand);
  if (Object.hasOwn(DRAWINGS, drawer ?? "")) open(stand, drawer);
  else if (wasOpen && stand.opener?.isConnected) stand.opener.focus();
}

function takeAway(stand) {
  stand.stop?.();
  stand.dialog?.remove();
  stand.dialog = stand.stop = null;
  delete document.documentElement.dataset.drawer;
}

function open(stand, drawer) {
  const content = DRAWINGS[drawer](stand);
  stand.stop = content.stop;
  stand.dialog = draw(stand, drawer, content.nodes);
  stand.root.append(stand.dialog);
  document.documentElement.dataset.drawer = drawer;
  if (matchMedia(NARROW).matches) stand.dialog.showModal();
  else stand.dialog.setAttribute("open", "");
  stand.dialog.querySelector("h2").focus();
}

function draw({ store }, drawer, nodes) {
  const [state, id] = [store.get(), makeId()];
  const close = () => store.change({ drawer: null });
  const label = say(state, "close");
  const keydown = (event) => {
    if (event.key === "Escape") close();
  };
  const cross = el("button", { type: "button", class: "icon-button", "aria-label": label, click: close }, icon(CLOSE));
  const heading = el("h2", { id, tabindex: "-1" }, say(state, drawer === "traffic" ? "overWire" : "goWrong"));
  return el(
    "dialog",
    { class: `slack tray ${drawer}`, "aria-labelledby": id, keydown, cancel: close },
    el("div", { class: "tray-top" }, heading, cross),
    nodes,
  );
}

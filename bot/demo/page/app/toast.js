// A line at the edge of the page that says what went wrong with something a person did.

import { el, icon } from "../dom.js";
import { CLOSE } from "../icons.js";
import { WARNING } from "./icons.js";

const KNOWN = new Set(["not_ready", "crashed", "gone", "invalid", "unreachable"]);

/** Return the name of the words for what the server, or the way to it, said was wrong. */
export function nameError(error) {
  return KNOWN.has(error.message) ? `error_${error.message}` : "error_other";
}

/** Make the place of such lines; `show(text, close)` shows one, which stays until it is closed or another comes. */
export function makeToast() {
  const node = el("div", { class: "toasts", role: "status" });
  const hide = () => node.replaceChildren();
  return {
    node,
    hide,
    show(text, close) {
      const button = el(
        "button",
        { type: "button", class: "icon-button", "aria-label": close, click: hide },
        icon(CLOSE),
      );
      node.replaceChildren(el("div", { class: "toast" }, icon(WARNING), el("span", {}, text), button));
    },
  };
}

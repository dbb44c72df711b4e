// Doing something and telling, where the person is, that it is under way, or why it did not work.

import { el } from "../dom.js";
import { nameError } from "./toast.js";
import { say } from "./words.js";

/** Make the line that tells why something did not work: `{node, tell(state, error), clear()}`. */
export function makeNotice() {
  const node = el("p", { class: "notice", role: "alert", hidden: true });
  return {
    node,
    tell(state, error) {
      node.textContent = say(state, nameError(error));
      node.hidden = false;
    },
    clear() {
      node.textContent = "";
      node.hidden = true;
    },
  };
}

/** Do `work` once at a time while `button` shows that it goes on; returns whether it went well. */
export async function workOn(button, notice, store, work) {
  if (button?.getAttribute("aria-busy") === "true") return false;
  notice.clear();
  button?.setAttribute("aria-busy", "true");
  try {
    await work();
    return true;
  } catch (error) {
    notice.tell(store.get(), error);
    return false;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** Return the button inside `root` that the person has just used, or `null`. */
export function findUsed(root) {
  const active = document.activeElement;
  return root.contains(active) && active.matches("button") ? active : null;
}

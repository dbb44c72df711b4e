// A button with a menu: arrows move in it, Esc or a click elsewhere closes it, the focus comes back to the button.

import { el } from "../dom.js";

const GAP_PX = 4;

/**
 * Make a button that opens a menu. `attributes` and `inside` are the button's; `listItems()` is asked each time it
 * opens, for `{label, run, isDanger}`. The button's node tells "menuclosed" to what is around it.
 */
export function makeMenuButton(attributes, inside, listItems) {
  const button = el(
    "button",
    { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", ...attributes },
    inside,
  );
  button.addEventListener("click", () => openMenu(button, listItems()));
  return button;
}

function openMenu(button, items) {
  const menu = el("div", {
    class: "menu",
    role: "menu",
    popover: "auto",
    "aria-label": button.getAttribute("aria-label"),
  });
  menu.append(...items.map((item) => drawItem(item, () => close(menu, button, item.run))));
  menu.addEventListener("keydown", (event) => moveIn(menu, event));
  menu.addEventListener("toggle", (event) => event.newState === "closed" && forget(menu, button));
  button.after(menu);
  button.setAttribute("aria-expanded", "true");
  menu.showPopover();
  const edge = button.closest(".pane")?.getBoundingClientRect().right ?? window.innerWidth;
  placeBeside(menu, button.getBoundingClientRect(), edge);
  menu.querySelector("button")?.focus();
}

function drawItem({ label, run, isDanger }, choose) {
  return el(
    "button",
    {
      type: "button",
      role: "menuitem",
      tabindex: -1,
      class: isDanger ? "danger" : null,
      click: choose,
      disabled: !run,
    },
    label,
  );
}

function close(menu, button, run) {
  button.focus();
  forget(menu, button);
  run();
}

function forget(menu, button) {
  if (!menu.isConnected) return;
  if (menu.contains(document.activeElement)) button.focus();
  menu.remove();
  button.setAttribute("aria-expanded", "false");
  button.dispatchEvent(new CustomEvent("menuclosed", { bubbles: true }));
}

/** Put the menu under the button, or above it where there is no room, inside the window and at best inside `edge`. */
function placeBeside(menu, { top, bottom, left, right }, edge) {
  const { width, height } = menu.getBoundingClientRect();
  const isBelow = bottom + GAP_PX + height < window.innerHeight;
  const y = isBelow ? bottom + GAP_PX : Math.max(GAP_PX, top - GAP_PX - height);
  const wanted = left + width < edge ? left : right - width;
  const x = Math.max(GAP_PX, Math.min(wanted, window.innerWidth - width - GAP_PX));
  menu.style.setProperty("inset", `${y}px auto auto ${x}px`);
}

function moveIn(menu, event) {
  const items = [...menu.querySelectorAll("button:enabled")];
  const at = items.indexOf(document.activeElement);
  const goals = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 };
  if (event.key === "Tab") menu.hidePopover();
  if (event.key === "Escape") event.stopPropagation();
  if (!(event.key in goals)) return;
  event.preventDefault();
  items[goals[event.key] % items.length]?.focus();
}

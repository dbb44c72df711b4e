// Messages under each other, of which only those that changed are drawn anew. It stays at its end while whoever reads
// is there, and else says that there is something new.

import { el, icon } from "../dom.js";
import { rememberFocus } from "./focus.js";
import { DOWN } from "./icons.js";

const NEAR_END_PX = 48;
// What a person scrolls with, and for how long afterwards a scroll is taken for theirs.
const HANDS = ["wheel", "touchmove", "pointerdown", "keydown"];
const BY_HAND_MS = 1000;

/**
 * Make a timeline; `onHeld` is called when a message that could not be drawn anew, because somebody was using it, can
 * be. `show(items, {label, newer})` takes `[{key, mode, stamp, draw}]`: an item is drawn again when its stamp
 * changes, at once when its mode does. `restart()` forgets all, for another conversation.
 */
export function makeTimeline(onFreed) {
  const drawn = new Map();
  const inside = el("div", { class: "messages" });
  const node = el("div", { class: "timeline", role: "log", "aria-live": "off", tabindex: "0" }, inside);
  const newer = el("button", { type: "button", class: "newer", hidden: true, click: () => goToEnd() });
  const end = makeEnd(node, inside, newer);
  function goToEnd() {
    node.focus();
    end.go();
  }
  for (const name of ["menuclosed", "focusout"]) inside.addEventListener(name, () => setTimeout(onFreed));
  inside.addEventListener("toggle", () => setTimeout(onFreed), true);
  return {
    node: el("div", { class: "timeline-frame" }, node, newer),
    show(items, words) {
      node.setAttribute("aria-label", words.label);
      newer.replaceChildren(icon(DOWN), words.newer);
      const hasNew = items.some(({ key }) => key.startsWith("m-") && !drawn.has(key)) && drawn.size > 0;
      place(inside, drawn, items);
      if (hasNew) end.tell();
    },
    restart() {
      drawn.clear();
      inside.replaceChildren();
      end.go();
    },
    toEnd: () => end.go(),
  };
}

function place(inside, drawn, items) {
  const keys = new Set(items.map((item) => item.key));
  for (const [key, one] of drawn) if (!keys.has(key)) drop(one.node, () => drawn.delete(key));
  let previous = null;
  for (const item of items) {
    const { node } = bring(drawn, item);
    const next = previous ? previous.nextSibling : inside.firstChild;
    if (node !== next) inside.insertBefore(node, next);
    previous = node;
  }
}

function drop(node, forget) {
  const next = node.nextElementSibling ?? node.previousElementSibling;
  const giveBack = rememberFocus(node);
  node.remove();
  forget();
  if (next) giveBack(next);
}

/** Bring the node of an item up to date; one that is in use stays as it is until it is free. */
function bring(drawn, item) {
  const known = drawn.get(item.key);
  const isNew = !known || known.mode !== item.mode;
  if (!isNew && (known.stamp === item.stamp || isInUse(known.node))) return known;
  const now = { mode: item.mode, stamp: item.stamp, node: item.draw() };
  if (known) replace(known.node, now.node);
  drawn.set(item.key, now);
  return now;
}

function replace(old, now) {
  const giveBack = rememberFocus(old);
  old.replaceWith(now);
  if (!now.contains(document.activeElement)) giveBack(now);
}

function isInUse(node) {
  if (node.querySelector("details[open], [aria-expanded='true']")) return true;
  return node.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
}

/** Keep to the end of what scrolls, whatever grows in it, until somebody scrolls away from there. */
function makeEnd(node, inside, newer) {
  let isStuck = true;
  let last = 0;
  let touchedAt = -BY_HAND_MS;
  const go = () => {
    isStuck = true;
    newer.hidden = true;
    node.scrollTop = node.scrollHeight;
    last = node.scrollTop;
  };
  for (const name of HANDS)
    node.addEventListener(name, (event) => (touchedAt = event.timeStamp), { passive: true, capture: true });
  node.addEventListener("scroll", (event) => {
    // A message that is drawn anew may be shorter for a moment, which moves what is seen up too.
    if (node.scrollTop < last && event.timeStamp - touchedAt < BY_HAND_MS) isStuck = false;
    if (node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END_PX) isStuck = true;
    if (isStuck) newer.hidden = true;
    last = node.scrollTop;
  });
  const observer = new ResizeObserver(() => isStuck && go());
  observer.observe(inside);
  observer.observe(node);
  return { go, tell: () => (newer.hidden = isStuck) };
}

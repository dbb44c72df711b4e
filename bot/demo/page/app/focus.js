// Keeps the keyboard's place when what it stands on is drawn anew.

const FOCUSABLE = "button, a[href], input, textarea, select, summary, [tabindex]";

/**
 * Remember which control of `root` has the focus. Returns a function that gives the focus to its like in what stands
 * there now; to the whole where there is none. It does nothing if the focus was elsewhere.
 */
export function rememberFocus(root) {
  const active = document.activeElement;
  if (!root.contains(active)) return () => {};
  if (active === root) return (now) => take(now);
  const name = nameOf(active);
  const nth = listAlike(root, name).indexOf(active);
  return (now) => take(listAlike(now, name)[nth] ?? listAlike(now, name)[0] ?? now);
}

/** Do what redraws inside `root`, and keep the focus. */
export function keepFocus(root, redraw) {
  const giveBack = rememberFocus(root);
  redraw();
  giveBack(root);
}

/** Give the focus to a node, though it be none that the Tab key reaches. */
export function take(node) {
  if (!node.matches(FOCUSABLE)) node.setAttribute("tabindex", "-1");
  node.focus({ preventScroll: true });
}

function listAlike(root, name) {
  return [...root.querySelectorAll(FOCUSABLE)].filter((node) => nameOf(node) === name);
}

/** Name a control by what stays the same when it is drawn anew; a number of replies does not. */
function nameOf(node) {
  const words = () => node.textContent.trim().replace(/^\d+ .*/s, "");
  return `${node.tagName} ${node.dataset.name ?? node.getAttribute("aria-label") ?? words()}`;
}

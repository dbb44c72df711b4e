// What the browser remembers of this page from one visit to the next; nothing, where it may not.

const PREFIX = "playground.";

/** Return what was remembered under a name, or `fallback`. */
export function recall(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback;
  }
}

/** Remember a value that JSON can hold. */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A private window may refuse; the page works without it.
  }
}

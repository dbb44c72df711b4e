// Shows one step of a prototype at a time; the parts of each are marked by the server.
(() => {
  "use strict";
  const FRAME = location.origin; // the address's, for this document has none of its own
  const WORD = "(?:^|[^\\p{L}])";
  const BACK = new RegExp(`${WORD}(?:back|previous|prev|назад|повернутися|попередн)`, "iu");
  const NEXT = new RegExp(
    `${WORD}(?:next|continue|proceed|start|begin|submit|send|confirm|finish|complete|done|sign|log ?in|register|apply|` +
      "book|pay|order|save|далі|продовж|наступ|почат|почн|розпоч|надісл|відправ|підтвер|заверш|готово|увій|" +
      "зареєстр|подат|замов|оплат|записат|зберегти)",
    "iu",
  );
  const parts = new Map();
  for (const part of document.querySelectorAll("[data-bot-step]")) {
    const step = Number(part.dataset.botStep);
    parts.set(step, [...(parts.get(step) ?? []), part]);
  }
  const steps = Array.from(parts.keys()).sort((one, other) => one - other);
  if (steps.length === 0) return;
  let current = steps[0];

  // A page draws its list of steps once, as it is at the first one. Where the items of that list are alike but for
  // their classes, the marks of the first one move along.
  const listLooks = (item) =>
    [item, ...item.querySelectorAll("*")].map((node) => [
      node,
      node.getAttribute("class"),
      node.getAttribute("aria-current"),
    ]);

  const findProgress = () => {
    const marked = document.querySelector('[aria-current="step"]');
    const item = marked?.closest("li") ?? marked;
    const items = Array.from(item?.parentElement.children ?? []).filter((other) => other.tagName === item.tagName);
    const looks = items.map(listLooks);
    const areAlike = looks.every((look) => look.length === looks[0].length);
    if (items.length < 2 || items.length !== steps.length || items[0] !== item || !areAlike) return () => {};
    const [on, off] = looks;
    return (step) => {
      for (const [at, look] of looks.entries()) {
        for (const [index, [node]] of look.entries()) {
          const [, classes, mark] = (at === steps.indexOf(step) ? on : off)[index];
          set(node, "class", classes);
          set(node, "aria-current", mark);
        }
      }
    };
  };

  const set = (node, name, value) => {
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
  };

  const markProgress = findProgress();

  const show = (step, { isFollowed }) => {
    current = step;
    for (const [other, elements] of parts) {
      for (const element of elements) element.toggleAttribute("data-bot-off", other !== step);
    }
    for (const element of parts.get(step)) {
      element.removeAttribute("data-bot-on");
      if (getComputedStyle(element).display === "none") element.setAttribute("data-bot-on", "");
    }
    markProgress(step);
    const first = parts.get(step)[0];
    const { top } = first.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) first.scrollIntoView({ block: "start" });
    if (isFollowed) focusHeading(first);
    parent.postMessage({ shownStep: step }, FRAME);
  };

  const focusHeading = (part) => {
    const heading = part.matches("[data-bot-heading]") ? part : part.querySelector("[data-bot-heading]");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };

  const findIncomplete = () =>
    parts
      .get(current)
      .flatMap((part) => Array.from(part.querySelectorAll("input, select, textarea")))
      .find((field) => field.getClientRects().length > 0 && field.willValidate && !field.checkValidity());

  const isComplete = () => {
    const field = findIncomplete();
    field?.reportValidity();
    return field === undefined;
  };

  const goOn = () => {
    const next = steps[steps.indexOf(current) + 1];
    if (isComplete() && next !== undefined) show(next, { isFollowed: true });
  };

  const goBack = () => {
    const before = steps[steps.indexOf(current) - 1];
    if (before !== undefined) show(before, { isFollowed: true });
  };

  const read = (control) =>
    (control.getAttribute("aria-label") || control.textContent || control.value || "").trim();

  const findTarget = (link) => {
    try {
      return document.getElementById(decodeURIComponent(link.getAttribute("href").trim().slice(1)));
    } catch {
      return null; // not an encoded text
    }
  };

  const follow = (link, event) => {
    const target = findTarget(link);
    const step = Number(target?.closest("[data-bot-step]")?.dataset.botStep ?? 0);
    const isInStep = parts.get(current).some((part) => part.contains(link));
    if (target === null) {
      event.preventDefault();
      move(link, { isSubmit: false });
    } else if (step > 0) {
      event.preventDefault();
      if (isInStep && step > current && !isComplete()) return;
      if (step !== current) show(step, { isFollowed: true });
      if (!target.matches("[data-bot-step]")) target.scrollIntoView({ block: "nearest" });
    } else if (isInStep && NEXT.test(read(link)) && !isComplete()) {
      event.preventDefault();
    }
  };

  const move = (control, { isSubmit }) => {
    const words = read(control);
    if (BACK.test(words)) goBack();
    else if (isSubmit ? /\p{L}/u.test(words) : NEXT.test(words)) goOn();
  };

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.(
      'a[href], button, [role="button"], input[type="submit"], input[type="button"], input[type="image"]',
    );
    if (!control || control.disabled || control.matches("[aria-expanded], [aria-haspopup], [popovertarget]")) return;
    if (control.matches("a")) {
      follow(control, event);
      return;
    }
    const isSubmit = control.type === "submit" || control.type === "image";
    if (isSubmit) event.preventDefault();
    move(control, { isSubmit });
  });

  addEventListener("message", (event) => {
    if (event.source !== parent || event.origin !== FRAME) return;
    if (parts.has(event.data?.showStep)) show(event.data.showStep, { isFollowed: false });
  });

  document.documentElement.setAttribute("data-bot-runs", "");
  show(current, { isFollowed: false });
})();

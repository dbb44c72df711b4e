// Keeps the list of steps and the prototype in step. Without it the links still move the page to its parts.
(() => {
  "use strict";
  const prototype = document.querySelector("iframe");
  const links = new Map(
    Array.from(document.querySelectorAll(".steps a"), (link) => [Number(link.dataset.step), link]),
  );
  let isListening = false; // whether the page has a script of ours, which has spoken

  // A sandboxed page has no origin that could be named, so it is known by its window alone.
  addEventListener("message", (event) => {
    if (event.source !== prototype.contentWindow || event.origin !== "null") return;
    const link = links.get(event.data?.shownStep);
    if (link === undefined) return;
    isListening = true;
    for (const other of links.values()) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "step");
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  for (const [step, link] of links) {
    link.addEventListener("click", (event) => {
      if (!isListening || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      prototype.contentWindow.postMessage({ showStep: step }, "*");
    });
  }

  const versions = document.querySelector("details");
  addEventListener("click", (event) => {
    if (versions?.open && !versions.contains(event.target)) versions.open = false;
  });
  addEventListener("blur", () => {
    if (versions) versions.open = false; // the prototype was clicked
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !versions?.open) return;
    versions.open = false;
    versions.querySelector("summary").focus();
  });
})();

// One line over everything while something is amiss: the demo has ended, the bot is starting or has stopped.

import { el } from "../dom.js";
import { say } from "./words.js";

/** Keep the banner in `root` up to date. */
export function mountBanner({ store, root }) {
  const banner = el("div", { class: "banner", role: "status" });
  root.append(banner);
  store.watch((names) => ["link", "process", "language"].some((name) => names.has(name)) && show(banner, store.get()));
  show(banner, store.get());
}

function show(banner, state) {
  const text = choose(state);
  const isAmiss = state.link === "lost" || state.process?.state === "stopped";
  banner.className = isAmiss ? "banner amiss" : "banner";
  if (banner.textContent !== text) banner.textContent = text;
}

function choose(state) {
  if (state.link === "lost") return say(state, "linkLost");
  if (state.process?.state === "starting") return say(state, "botStarting");
  if (state.process?.state === "stopped") return say(state, "botStopped", { code: state.process.code ?? "?" });
  return "";
}

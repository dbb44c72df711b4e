// Tasks and plans: how far an agent is. https://docs.slack.dev/reference/block-kit/blocks/plan-block

import { el, listOf, textOf } from "./dom.js";
import { drawRichText } from "./rich_text.js";
import { say } from "./words.js";

const SIGNS = {
  pending: ["○", "pending"],
  in_progress: ["◐", "inProgress"],
  complete: ["✓", "complete"],
  error: ["✕", "error"],
};

/** Draw a plan: a title over its tasks. */
export function drawPlan(block, world) {
  const tasks = listOf(block.tasks).map((task) => el("li", {}, drawTask(task ?? {}, world)));
  return el("div", { class: "plan" }, el("div", { class: "plan-title" }, textOf(block.title)), el("ul", {}, tasks));
}

/** Draw a task: its state, its title, and what is said of it. */
export function drawTask(block, world) {
  const status = Object.hasOwn(SIGNS, block.status) ? block.status : "pending";
  const [sign, word] = SIGNS[status];
  return el(
    "div",
    { class: `task ${status}` },
    el("span", { class: "sign", role: "img", "aria-label": say(world, word) }, sign),
    el("div", {}, el("div", {}, textOf(block.title)), drawMore(block.details, world), drawMore(block.output, world)),
  );
}

function drawMore(richText, world) {
  return richText?.type === "rich_text" ? drawRichText(richText, world) : null;
}

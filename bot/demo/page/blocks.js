// Blocks, one by one; what can't be drawn says so where it would stand.
// https://docs.slack.dev/reference/block-kit/blocks

import { drawControl } from "./controls.js";
import { el, listOf, makeId, textOf } from "./dom.js";
import { drawElement } from "./elements.js";
import { drawImage } from "./images.js";
import { drawPlan, drawTask } from "./plans.js";
import { drawRichText } from "./rich_text.js";
import { drawTable } from "./tables.js";
import { drawText, writePlain } from "./texts.js";
import { say } from "./words.js";

const DRAWINGS = {
  section: drawSection,
  header: (block) => el("h3", { class: "header" }, writePlain(block.text)),
  divider: () => el("hr"),
  context: drawContext,
  actions: (block, context) => drawActions(block, context, "actions"),
  context_actions: (block, context) => drawActions(block, context, "context-actions"),
  image: drawImageBlock,
  rich_text: (block, { world }) => drawRichText(block, world),
  input: drawInputBlock,
  markdown: (block) => el("div", { class: "markdown" }, textOf(block)),
  alert: drawAlert,
  table: (block, { world }) => drawTable(block, world),
  task_card: (block, { world }) => drawTask(block, world),
  plan: (block, { world }) => drawPlan(block, world),
};

/**
 * Draw a list of blocks. `context` has the `world`, and as `source` the message or view that clicks are told of;
 * `errors` has what is wrong with an input, by block_id.
 */
export function drawBlocks(blocks, context) {
  return listOf(blocks).map((block) => drawBlock(block ?? {}, context));
}

function drawBlock(block, context) {
  const draw = Object.hasOwn(DRAWINGS, block.type) ? DRAWINGS[block.type] : drawUnsupported;
  return el("div", { class: "block", "data-type": block.type }, draw(block, { ...context, block }));
}

function drawUnsupported(block, { world }) {
  return el("div", { class: "unsupported" }, say(world, "unsupported", { type: block.type }));
}

function drawSection(block, context) {
  const { world } = context;
  const fields = listOf(block.fields).map((field) => el("div", { class: "cell" }, drawText(field, world)));
  return el(
    "div",
    { class: "section" },
    el(
      "div",
      { class: "words" },
      block.text ? el("div", { class: "prose" }, drawText(block.text, world)) : null,
      fields.length ? el("div", { class: "fields" }, fields) : null,
    ),
    block.accessory ? el("div", { class: "accessory" }, drawElement(block.accessory, context)) : null,
  );
}

function drawContext(block, { world }) {
  const items = listOf(block.elements).map((element) =>
    element?.type === "image" ? drawImage(element, world) : drawText(element, world),
  );
  return el("div", { class: "context" }, items);
}

function drawActions(block, context, name) {
  return el(
    "div",
    { class: name },
    listOf(block.elements).map((element) => drawElement(element ?? {}, context)),
  );
}

function drawImageBlock(block, { world }) {
  const title = writePlain(block.title);
  return el("figure", { class: "picture" }, title ? el("figcaption", {}, title) : null, drawImage(block, world));
}

function drawAlert(block, { world }) {
  const level = ["info", "warning", "error", "success"].includes(block.level) ? block.level : "default";
  return el("div", { class: `alert ${level}`, role: "note" }, drawText(block.text, world));
}

function drawInputBlock(block, context) {
  const { world, errors } = context;
  const error = textOf(errors?.[block.block_id]);
  const [field, label, hint, wrong] = [makeId(), makeId(), makeId(), makeId()];
  const described = [block.hint && hint, error && wrong].filter(Boolean).join(" ");
  const labels = {
    id: field,
    "aria-labelledby": label,
    "aria-describedby": described || null,
    "aria-invalid": error ? "true" : null,
  };
  const inside = { ...context, isInput: !block.dispatch_action, isRequired: !block.optional };
  return el(
    "div",
    { class: error ? "field wrong" : "field" },
    el("label", { class: "label", id: label, for: field }, writePlain(block.label), drawOptional(block, world)),
    drawControl(block.element ?? {}, inside, labels),
    error ? el("div", { class: "error", id: wrong, role: "alert" }, error) : null,
    block.hint ? el("div", { class: "hint", id: hint }, writePlain(block.hint)) : null,
  );
}

function drawOptional(block, world) {
  return block.optional ? el("span", { class: "optional" }, ` ${say(world, "optional")}`) : null;
}

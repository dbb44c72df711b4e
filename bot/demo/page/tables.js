// Tables. https://docs.slack.dev/reference/block-kit/blocks/table-block

import { el, listOf, textOf } from "./dom.js";
import { drawRichText } from "./rich_text.js";

/** Draw a table; its first row is its head. */
export function drawTable(block, world) {
  const [head, ...rows] = listOf(block.rows).map((row) => listOf(row));
  return el(
    "div",
    { class: "table", tabindex: 0, role: "group" },
    el(
      "table",
      {},
      el("thead", {}, head ? drawRow(head, "th", world) : null),
      el(
        "tbody",
        {},
        rows.map((row) => drawRow(row, "td", world)),
      ),
    ),
  );
}

function drawRow(cells, tag, world) {
  return el(
    "tr",
    {},
    cells.map((cell) => el(tag, {}, cell?.type === "rich_text" ? drawRichText(cell, world) : textOf(cell))),
  );
}

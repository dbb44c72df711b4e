// Rich text blocks: sections, lists, quotes and preformatted text.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { el, listOf, textOf } from "./dom.js";
import { writeEmoji } from "./emoji.js";
import { drawLink } from "./mrkdwn.js";
import { drawChannelName, drawMention } from "./names.js";
import { languageOf, say } from "./words.js";

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s", underline: "u", code: "code" };

/** Draw a rich text block. */
export function drawRichText(block, world) {
  return el("div", { class: "rich-text" }, drawElements(listOf(block.elements), world));
}

function drawElements(elements, world) {
  return elements.map((element) => drawElement(element ?? {}, world));
}

function drawElement(element, world) {
  switch (element.type) {
    case "rich_text_section":
      return el("div", { class: "line" }, drawParts(element, world));
    case "rich_text_quote":
      return el("blockquote", {}, drawParts(element, world));
    case "rich_text_preformatted":
      return el("pre", {}, drawParts(element, world));
    case "rich_text_list":
      return drawList(element, world);
    default:
      return el("div", { class: "unsupported" }, say(world, "unsupported", { type: element.type }));
  }
}

function drawList(element, world) {
  const isOrdered = element.style === "ordered";
  const depth = Math.min(Math.max(Number(element.indent) || 0, 0), 8);
  const start = isOrdered && element.offset ? Number(element.offset) + 1 : null;
  const items = listOf(element.elements).map((item) => el("li", {}, drawParts(item ?? {}, world)));
  return el(isOrdered ? "ol" : "ul", { class: depth ? `indent-${depth}` : null, start }, items);
}

function drawParts(element, world) {
  return listOf(element.elements).map((part) => drawStyled(part ?? {}, world));
}

function drawStyled(part, world) {
  const wanted = Object.keys(STYLE_TAGS).filter((style) => part.style?.[style] === true);
  return wanted.reduceRight((inside, style) => el(STYLE_TAGS[style], {}, inside), drawPart(part, world));
}

function drawPart(part, world) {
  switch (part.type) {
    case "text":
      return textOf(part);
    case "link":
      return drawLink(part.url, textOf(part) || String(part.url));
    case "user":
      return drawMention(world, part.user_id);
    case "channel":
      return drawChannelName(world, part.channel_id);
    case "usergroup":
      return el("span", { class: "mention" }, say(world, "group"));
    case "broadcast":
      return el("span", { class: "mention mine" }, `@${part.range}`);
    case "emoji":
      return writeEmoji(part);
    case "date":
      return writeDate(part, world);
    default:
      return textOf(part) || `[${part.type}]`;
  }
}

function writeDate(part, world) {
  const moment = new Date(Number(part.timestamp) * 1000);
  if (Number.isNaN(moment.getTime())) return textOf(part.fallback);
  return moment.toLocaleString(languageOf(world), { dateStyle: "medium", timeStyle: "short" });
}

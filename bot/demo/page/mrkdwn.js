// Slack's mrkdwn, as nodes: *bold*, _italic_, ~strike~, `code`, ```code```, > quotes, <links|label>, mentions, :emoji:.
// https://docs.slack.dev/messaging/formatting-message-text

import { el, linkable } from "./dom.js";
import { findEmoji } from "./emoji.js";
import { drawChannelName, drawMention } from "./names.js";
import { say } from "./words.js";

const FENCE = "```";
const STYLES = { "*": "strong", _: "em", "~": "s" };
// A style begins and ends at the edge of a word, around something that is no blank; a doubled mark is none.
const STYLED = String.raw`(?<!#)#[^\s#](?:[^#\n]*[^\s#])?#(?!#)`;
const ANY_STYLED = Object.keys(STYLES).map((mark) => STYLED.replaceAll("#", mark === "*" ? String.raw`\*` : mark));
const TOKEN = new RegExp(
  [
    String.raw`${FENCE}\n?(?<fenced>[\s\S]+?)\n?${FENCE}`,
    "`(?<code>[^`\\n]+)`",
    String.raw`<(?<bracket>[^<>\n]+)>`,
    String.raw`(?<![\p{L}\p{N}])(?<styled>${ANY_STYLED.join("|")})(?![\p{L}\p{N}])`,
    String.raw`:(?<emoji>[a-z0-9_+-]+(?:::[a-z0-9-]+)?):`,
    String.raw`(?<url>https?:\/\/[^\s<>|]*[^\s<>|.,!?;:)\]"'*_~])`,
  ].join("|"),
  "gu",
);
const QUOTE = /^(?:&gt;|>) ?/;

/** Draw mrkdwn. `verbatim` leaves bare addresses and names as they are. */
export function drawMrkdwn(text, world, { verbatim = false } = {}) {
  const nodes = [];
  for (const { lines, isQuote } of splitQuotes(text)) {
    const drawn = drawInline(lines.join("\n"), world, verbatim);
    if (isQuote) nodes.push(el("blockquote", {}, drawn));
    else nodes.push(...drawn);
  }
  return nodes;
}

/** Decode the three entities that mrkdwn has; what is decoded once is not decoded again. */
export function decodeEntities(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** Write plain text, with the emoji names in it drawn where Slack would. */
export function writeEmojiNames(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => findEmoji(name) ?? whole);
}

function splitQuotes(text) {
  const parts = [];
  let isFenced = false;
  for (const line of text.split("\n")) {
    const isQuote = !isFenced && QUOTE.test(line);
    if ((line.split(FENCE).length - 1) % 2) isFenced = !isFenced;
    const last = parts.at(-1);
    const shown = isQuote ? line.replace(QUOTE, "") : line;
    if (last && last.isQuote === isQuote) last.lines.push(shown);
    else parts.push({ isQuote, lines: [shown] });
  }
  return parts;
}

function drawInline(text, world, verbatim) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) nodes.push(decodeEntities(text.slice(end, match.index)));
    nodes.push(drawToken(match, world, verbatim));
    end = match.index + match[0].length;
  }
  if (end < text.length) nodes.push(decodeEntities(text.slice(end)));
  return nodes;
}

function drawToken(match, world, verbatim) {
  const { fenced, code, bracket, emoji, url } = match.groups;
  if (fenced !== undefined) return el("pre", {}, decodeEntities(fenced));
  if (code !== undefined) return el("code", {}, decodeEntities(code));
  if (bracket !== undefined) return drawBracket(bracket, world, verbatim);
  if (emoji !== undefined) return findEmoji(emoji) ?? match[0];
  if (url !== undefined) return verbatim ? decodeEntities(url) : drawLink(decodeEntities(url), decodeEntities(url));
  const tag = STYLES[match[0][0]];
  return el(tag, {}, drawInline(match[0].slice(1, -1), world, verbatim));
}

function drawBracket(inside, world, verbatim) {
  const [target, label] = splitOnce(inside, "|");
  switch (target[0]) {
    case "@":
      return drawMention(world, target.slice(1));
    case "#":
      return drawChannelName(world, target.slice(1));
    case "!":
      return drawSpecial(target.slice(1), label, world);
    default:
      return drawLink(
        decodeEntities(target),
        label === undefined ? decodeEntities(target) : drawInline(label, world, verbatim),
      );
  }
}

function drawSpecial(target, label, world) {
  if (["here", "channel", "everyone"].includes(target))
    return el("span", { class: "mention mine" }, say(world, target));
  if (target.startsWith("subteam^")) return el("span", { class: "mention" }, label ?? say(world, "group"));
  return decodeEntities(label ?? target);
}

/** Draw a link that opens beside the page; an address that nobody may follow is shown as text. */
export function drawLink(address, label) {
  const href = linkable(address);
  if (href === null) return el("span", { class: "dead-link", title: address }, label);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

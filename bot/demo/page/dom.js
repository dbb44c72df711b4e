// The one place that makes nodes. What people and models wrote only ever becomes a text node or the value of an
// attribute that can do nothing; an address becomes a link or a picture only through the two checks below.

const LINK_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);
const FILE_SCHEMES = new Set(["http:", "https:", "data:"]);
const SVG = "http://www.w3.org/2000/svg";
let idsMade = 0;

/**
 * Make an element. A function among `attributes` listens to the event it is named for; `true` sets an attribute
 * without a value; `false` and `null` set none. Strings among `children` become text, `null` and `false` nothing.
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/** Make an icon that screen readers skip: one path in a square of 24 units, drawn as a line. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Make an id that no other element of the page has, to tie a label or a hint to what it speaks of. */
export function makeId() {
  idsMade += 1;
  return `drawn-${idsMade}`;
}

/** Return an address that a person may follow, or `null`: of the web, of mail or of a phone, and nothing that runs. */
export function linkable(address) {
  return checkScheme(address, LINK_SCHEMES);
}

/** Return the address of a file's content, or `null`; only for pictures and for downloads, which run nothing. */
export function loadable(address) {
  return checkScheme(address, FILE_SCHEMES, document.baseURI);
}

function checkScheme(address, schemes, base) {
  if (typeof address !== "string") return null;
  try {
    const url = new URL(address, base);
    return schemes.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Return the text of a text object, or of a string; an empty string if there is none. */
export function textOf(value) {
  if (typeof value === "string") return value;
  return typeof value?.text === "string" ? value.text : "";
}

/** Return the items of a list; foreign JSON may hold something else there. */
export function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** Look a name up; one that an object has by nature, such as `constructor`, is not found. */
export function lookUp(table, name) {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

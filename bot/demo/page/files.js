// Files under a message: pictures are shown, other files are cards. The content is in `world.files`, by id.

import { el, icon, loadable, lookUp } from "./dom.js";
import { DOWNLOAD } from "./icons.js";
import { drawPicture } from "./images.js";
import { say, writeSize } from "./words.js";

const KINDS = { html: "HTML", json: "JSON", png: "PNG", pdf: "PDF", txt: "TXT", csv: "CSV", docx: "DOCX", zip: "ZIP" };

/** Draw the files of a message. */
export function drawFiles(files, world) {
  if (!files.length) return null;
  return el(
    "ul",
    { class: "files" },
    files.map((file) => el("li", {}, drawFile(file ?? {}, world))),
  );
}

function drawFile(file, world) {
  if (file.mode === "tombstone") return el("div", { class: "file gone" }, say(world, "fileGone"));
  const isPicture = typeof file.mimetype === "string" && file.mimetype.startsWith("image/");
  return isPicture ? drawPictureFile(file, world) : drawCard(file, world);
}

function drawPictureFile(file, world) {
  const alt = typeof file.alt_txt === "string" ? file.alt_txt : nameFile(file);
  const picture = drawPicture(lookUp(world.files, file.id), alt, world);
  return el("figure", { class: "picture" }, el("figcaption", {}, nameFile(file)), wrapPicture(picture, file, world));
}

function wrapPicture(picture, file, world) {
  if (!world.onFile) return picture;
  const attributes = { type: "button", class: "enlarge", "aria-haspopup": "dialog", click: () => world.onFile(file) };
  return el("button", attributes, picture);
}

function drawCard(file, world) {
  const kind = KINDS[String(file.filetype).toLowerCase()] ?? "FILE";
  const size = Number.isFinite(file.size) ? writeSize(world, file.size) : "";
  return el(
    "div",
    { class: "file" },
    el("span", { class: `badge ${kind.toLowerCase()}`, "aria-hidden": "true" }, kind),
    el(
      "div",
      { class: "about" },
      drawName(file, world),
      el("div", { class: "size" }, [kind, size].filter(Boolean).join(" · ")),
    ),
    drawDownload(file, world),
  );
}

function drawName(file, world) {
  const name = nameFile(file);
  if (!world.onFile) return el("div", { class: "name" }, name);
  return el("button", { type: "button", class: "name link", click: () => world.onFile(file) }, name);
}

function drawDownload(file, world) {
  const href = loadable(lookUp(world.files, file.id));
  if (href === null) return null;
  const label = say(world, "download", { name: nameFile(file) });
  return el(
    "a",
    { class: "icon-button", href, download: nameFile(file), "aria-label": label, title: label },
    icon(DOWNLOAD),
  );
}

/** Name a file as people see it. */
export function nameFile(file) {
  return String(file.name ?? file.title ?? file.id ?? "");
}

// A file, large: a picture as a picture, texts as texts, with a way to keep it. What a model wrote is never run here.

import { el, icon, loadable, lookUp, makeId } from "../dom.js";
import { nameFile } from "../files.js";
import { CLOSE, DOWNLOAD } from "../icons.js";
import { drawPicture } from "../images.js";
import { say } from "./words.js";

const TEXTS = new Set(["html", "json", "txt", "text", "csv", "md", "javascript"]);
const LONGEST_CHARS = 200_000;

/** Show a file of the workspace in a dialog, from Slack's JSON of it. */
export function openFile(file, { store }) {
  const state = store.get();
  const id = makeId();
  const region = { class: "body", tabindex: "0", role: "region", "aria-label": nameFile(file) };
  const body = el("div", region, drawContent(file, state));
  const dialog = el(
    "dialog",
    { class: "modal viewer", "aria-labelledby": id, close: () => dialog.remove() },
    drawTop(file, state, id, () => dialog.close()),
    isPage(file) ? el("p", { class: "viewer-note" }, say(state, "pageNote")) : null,
    body,
  );
  document.body.append(dialog);
  dialog.showModal();
}

function drawTop(file, state, id, close) {
  const label = say(state, "close");
  return el(
    "div",
    { class: "top" },
    el("h2", { id }, nameFile(file)),
    el(
      "div",
      { class: "viewer-ways" },
      drawDownload(file, state),
      el("button", { type: "button", class: "icon-button", "aria-label": label, click: close }, icon(CLOSE)),
    ),
  );
}

function drawDownload(file, state) {
  const href = findAddress(file, state);
  if (!href) return null;
  return el("a", { class: "button", href, download: nameFile(file) }, icon(DOWNLOAD), say(state, "downloadIt"));
}

function drawContent(file, state) {
  const address = findAddress(file, state);
  if (!address) return el("p", { class: "soft" }, say(state, "fileUnknown"));
  if (String(file.mimetype).startsWith("image/")) return drawPicture(address, file.alt_txt ?? nameFile(file), state);
  if (TEXTS.has(String(file.filetype).toLowerCase()) || String(file.mimetype).startsWith("text/"))
    return drawText(state, address);
  return el("p", { class: "soft" }, say(state, "fileOther"));
}

function drawText(state, address) {
  const place = el("div", { class: "viewer-text" }, el("p", { class: "soft", role: "status" }, say(state, "loading")));
  readText(address).then(
    (text) => place.replaceChildren(...drawLines(state, text)),
    () => place.replaceChildren(el("p", { class: "soft", role: "alert" }, say(state, "fileUnread"))),
  );
  return place;
}

async function readText(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

function drawLines(state, text) {
  const lines = text.slice(0, LONGEST_CHARS).split("\n");
  const rows = lines.map((line) => el("span", { class: "code-line" }, line, "\n"));
  const cut = text.length > LONGEST_CHARS ? el("p", { class: "soft" }, say(state, "fileCut")) : "";
  return [el("pre", { class: "code" }, rows), cut];
}

function isPage(file) {
  return String(file.filetype).toLowerCase() === "html";
}

function findAddress(file, state) {
  return loadable(lookUp(state.files, file.id));
}

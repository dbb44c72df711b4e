// Draws one scene at a time into the page; the Python side calls window.drawScene(scene, world).

import * as draw from "/page/draw.js";
import { el } from "/page/dom.js";

const DRAWINGS = {
  channel: (scene, world) => draw.drawMessages(scene.messages, world, { showsReplies: true }),
  direct: (scene, world) => [
    draw.drawMessages(scene.messages, world, { showsReplies: true }),
    scene.status ? draw.drawStatus(scene.status, world) : null,
    scene.prompts.length ? draw.drawSuggestedPrompts(scene.prompts, world) : null,
  ],
  thread: (scene, world) => draw.drawThread(scene.messages, world, { status: scene.status }),
  home: (scene, world) => draw.drawHome(scene.view, world),
};

function drawBar(title, under) {
  return el("div", { class: "bar" }, el("h1", {}, title), under ? el("span", { class: "under" }, under) : null);
}

function drawPane(kind, scene, world, title, under) {
  return el("div", {}, drawBar(title, under), el("div", { class: "pane" }, DRAWINGS[kind](scene, world)));
}

function drawBoth(scene, world) {
  const channel = { ...scene, messages: scene.channel };
  return el(
    "div",
    { class: scene.kind },
    drawPane("channel", channel, world, scene.title, ""),
    drawPane("thread", scene, world, scene.under, scene.title),
  );
}

function drawStand(scene, world) {
  const dialog = draw.drawModal(scene.view, world);
  dialog.setAttribute("open", "");
  return el("div", { class: "stand" }, dialog);
}

function drawWhole(scene, world) {
  if (scene.kind === "modal") return drawStand(scene, world);
  if (scene.kind === "split" || scene.kind === "stack") return drawBoth(scene, world);
  return drawPane(scene.kind, scene, world, scene.title, scene.under);
}

/** Show one scene, alone; return the names of the pictures that did not load. */
window.drawScene = async (scene, world) => {
  document.documentElement.lang = world.language;
  document.documentElement.dataset.theme = scene.theme;
  document.body.replaceChildren(el("main", { class: "slack screen" }, drawWhole(scene, world)));
  await Promise.allSettled([...document.images].map((image) => image.decode()));
  return [...document.images].filter((image) => !image.naturalWidth).map((image) => image.alt);
};

/** Show one node that a function of draw.js makes, for tests; `calls` collects what the page reports. */
window.show = (name, value, world, options) => {
  const calls = [];
  const record =
    (what) =>
    (...details) =>
      calls.push([what, ...details]);
  const listeners = ["onAction", "onSubmit", "onClose", "onThread", "onFile", "onStop", "onPrompt"];
  const live = { ...world, ...Object.fromEntries(listeners.map((what) => [what, record(what)])) };
  const node = draw[name](value, live, options);
  document.body.replaceChildren(el("main", { class: "slack screen" }, el("h1", {}, "Test"), node));
  window.calls = calls;
};

// What people click on: buttons, menus and choices in messages, modals and the App Home.
// A click is told to `world.onAction(action, source)`; `action` has the type, action_id, block_id and value.

import { askFirst } from "./confirm.js";
import { drawControl } from "./controls.js";
import { el, icon, linkable, listOf } from "./dom.js";
import { MORE, OUTWARD, THUMB_DOWN, THUMB_UP, TRASH } from "./icons.js";
import { drawImage } from "./images.js";
import { report } from "./report.js";
import { writePlain } from "./texts.js";
import { say } from "./words.js";

const ICONS = { trash: TRASH };

/** Draw an element of an actions, context_actions or section block. */
export function drawElement(element, context) {
  switch (element.type) {
    case "button":
    case "workflow_button":
      return drawButton(element, context);
    case "icon_button":
      return drawIconButton(element, context);
    case "feedback_buttons":
      return drawFeedback(element, context);
    case "overflow":
      return drawOverflow(element, context);
    case "image":
      return drawImage(element, context.world);
    default:
      return drawControl(element, context);
  }
}

function drawButton(element, context) {
  const style = ["primary", "danger"].includes(element.style) ? ` ${element.style}` : "";
  const shared = { class: `button${style}`, "aria-label": element.accessibility_label };
  const label = writePlain(element.text);
  if (element.url === undefined) {
    const use = () => report(element, element.value, context);
    return el(
      "button",
      { ...shared, type: "button", click: () => askFirst(element.confirm, context.world, use) },
      label,
    );
  }
  const href = linkable(element.url);
  if (href === null) return el("button", { ...shared, type: "button", disabled: true }, label);
  const click = () => report(element, element.value, context);
  return el("a", { ...shared, href, target: "_blank", rel: "noopener noreferrer", click }, label, icon(OUTWARD));
}

function drawIconButton(element, context) {
  const use = () => report(element, element.value, context);
  const label = element.accessibility_label ?? writePlain(element.text);
  const click = () => askFirst(element.confirm, context.world, use);
  const attributes = {
    type: "button",
    class: "icon-button",
    "aria-label": label,
    title: writePlain(element.text),
    click,
  };
  return el("button", attributes, icon(ICONS[element.icon] ?? MORE));
}

function drawFeedback(element, context) {
  const thumbs = [
    [element.positive_button, THUMB_UP],
    [element.negative_button, THUMB_DOWN],
  ];
  return thumbs.map(([button, path]) => {
    const click = () => report(element, button?.value, context);
    const label = button?.accessibility_label ?? writePlain(button?.text);
    const attributes = {
      type: "button",
      class: "icon-button",
      "aria-label": label,
      title: writePlain(button?.text),
      click,
    };
    return el("button", attributes, icon(path));
  });
}

function drawOverflow(element, context) {
  const options = listOf(element.options).map((option) => {
    const use = () => report(element, option?.value, context);
    const href = option?.url === undefined ? null : linkable(option.url);
    const shared = { click: () => askFirst(element.confirm, context.world, use) };
    const text = writePlain(option?.text);
    if (href) return el("li", {}, el("a", { ...shared, href, target: "_blank", rel: "noopener noreferrer" }, text));
    return el("li", {}, el("button", { ...shared, type: "button", disabled: option?.url !== undefined }, text));
  });
  const summary = el("summary", { class: "icon-button", "aria-label": say(context.world, "more") }, icon(MORE));
  return el("details", { class: "overflow" }, summary, el("ul", {}, options));
}

// What people fill in: texts, dates, choices and menus. Each control carries its name, so that readAnswers() finds it.

import { el, listOf, lookUp, makeId } from "./dom.js";
import { isBot, nameUser } from "./names.js";
import { report } from "./report.js";
import { drawText, writePlain } from "./texts.js";
import { say } from "./words.js";

const INPUT_TYPES = {
  plain_text_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
  datetimepicker: "datetime-local",
  file_input: "file",
};
const LONGEST_CHARS = 3000;

/** Draw a control; `labels` are the attributes that name and describe it. */
export function drawControl(element, context, labels = nameByPlaceholder(element, context)) {
  const draw = chooseDrawing(element);
  if (!draw) return el("span", { class: "unsupported" }, say(context.world, "unsupported", { type: element.type }));
  const name = element.action_id || context.block?.block_id || "";
  return el("div", { class: "control", "data-name": name, "data-kind": element.type }, draw(element, context, labels));
}

/** Read what is filled in inside `root`: by action_id, or block_id where there is none; lists where many may be chosen. */
export function readAnswers(root) {
  const filled = [...root.querySelectorAll(".control[data-name]")].map((control) => [
    control.dataset.name,
    readOne(control),
  ]);
  return Object.fromEntries(filled.filter(([name, answer]) => name && answer.length));
}

function readOne(control) {
  const kind = control.dataset.kind;
  if (kind === "checkboxes") return [...control.querySelectorAll("input:checked")].map((input) => input.value);
  if (kind === "radio_buttons") return control.querySelector("input:checked")?.value ?? "";
  const field = control.querySelector("input, textarea, select");
  return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
}

function chooseDrawing(element) {
  if (element.type in INPUT_TYPES) return drawInput;
  if (element.type === "rich_text_input") return drawArea;
  if (element.type === "checkboxes" || element.type === "radio_buttons") return drawChoices;
  return /^(multi_)?(static|external|users|conversations|channels)_select$/.test(element.type) ? drawSelect : null;
}

function nameByPlaceholder(element, { world }) {
  return { "aria-label": writePlain(element.placeholder) || say(world, "choose") };
}

function drawInput(element, context, labels) {
  if (element.multiline) return drawArea(element, context, labels);
  const type = INPUT_TYPES[element.type];
  const value = element.initial_value ?? element.initial_date ?? element.initial_time;
  return el("input", { ...shareText(element, context), ...labels, type, value });
}

function drawArea(element, context, labels) {
  const initial = typeof element.initial_value === "string" ? element.initial_value : "";
  return el("textarea", { ...shareText(element, context), ...labels, rows: 5 }, initial);
}

function shareText(element, context) {
  return {
    placeholder: writePlain(element.placeholder) || null,
    minlength: element.min_length,
    maxlength: element.type === "plain_text_input" ? (element.max_length ?? LONGEST_CHARS) : null,
    required: context.isRequired,
    change: (event) => context.isInput || report(element, event.target.value, context),
  };
}

function drawChoices(element, context, labels) {
  const isMany = element.type === "checkboxes";
  const chosen = new Set(
    (isMany ? listOf(element.initial_options) : [element.initial_option]).map((option) => option?.value),
  );
  const name = makeId();
  const group = el("div", { class: "choices", role: isMany ? "group" : "radiogroup", ...labels });
  const change = (event) =>
    context.isInput || report(element, isMany ? readOne(group.parentNode) : event.target.value, context);
  for (const option of listOf(element.options)) {
    const type = isMany ? "checkbox" : "radio";
    const checked = chosen.has(option?.value);
    const input = el("input", { type, name, value: option?.value, checked, change });
    group.append(
      el("label", {}, input, el("span", {}, drawText(option?.text, context.world), drawDescription(option, context))),
    );
  }
  return group;
}

function drawDescription(option, { world }) {
  return option?.description ? el("small", {}, drawText(option.description, world)) : null;
}

function drawSelect(element, context, labels) {
  const multiple = element.type.startsWith("multi_");
  const chosen = listChosen(element);
  const empty = writePlain(element.placeholder) || say(context.world, "choose");
  const options = listOptions(element, context.world).map((option) => drawOption(option, chosen));
  const change = (event) => context.isInput || report(element, event.target.value, context);
  const attributes = { ...labels, multiple, required: context.isRequired, change };
  return el("select", attributes, multiple ? null : el("option", { value: "" }, empty), options);
}

function drawOption(option, chosen) {
  if (option.options)
    return el(
      "optgroup",
      { label: option.label },
      option.options.map((inner) => drawOption(inner, chosen)),
    );
  return el("option", { value: option.value, selected: chosen.has(option.value) }, option.text);
}

function listChosen(element) {
  const many = [
    element.initial_options,
    element.initial_conversations,
    element.initial_channels,
    element.initial_users,
  ];
  const one = [element.initial_option, element.initial_conversation, element.initial_channel, element.initial_user];
  return new Set([...many.flatMap(listOf), ...one].filter(Boolean).map((choice) => choice.value ?? choice));
}

function listOptions(element, world) {
  if (element.type.endsWith("users_select")) return listUsers(world);
  if (element.type.endsWith("channels_select")) return listChannels(world, ["public"]);
  if (element.type.endsWith("conversations_select")) return listChannels(world, element.filter?.include);
  const groups = listOf(element.option_groups).map((group) => ({
    label: writePlain(group?.label),
    options: listOf(group?.options).map(readOption),
  }));
  return [...groups, ...listOf(element.options).map(readOption)];
}

function readOption(option) {
  return { value: option?.value, text: writePlain(option?.text) };
}

function listUsers(world) {
  return Object.keys(world.users ?? {})
    .filter((id) => !isBot(world, id))
    .map((id) => ({ value: id, text: nameUser(world, id) }));
}

function listChannels(world, kinds) {
  return Object.keys(world.channels ?? {})
    .map((id) => ({ id, ...lookUp(world.channels, id) }))
    .filter((channel) => !kinds || kinds.includes(kindOf(channel)))
    .map((channel) => ({ value: channel.id, text: channel.is_im ? String(channel.name) : `#${channel.name}` }));
}

function kindOf(channel) {
  if (channel.is_im) return "im";
  return channel.is_private ? "private" : "public";
}

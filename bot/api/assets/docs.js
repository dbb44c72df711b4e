"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const LONGEST_SHOWN_CHARS = 20000;
const state = { document: null };

/** Make an element; text is only ever text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null && child !== ""));
  return element;
}

/** Write words in which backticks mark code. */
function writeLine(words) {
  return words.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}

/** Write paragraphs, which an empty line parts. */
function write(words) {
  const paragraphs = (words || "").split("\n\n").filter(Boolean);
  return paragraphs.map((text) => make("p", {}, ...writeLine(text)));
}

function resolve(schema) {
  if (!schema || !schema.$ref) return schema || {};
  return schema.$ref.split("/").slice(1).reduce((found, name) => found[name], state.document);
}

function nameType(schema) {
  if (!schema) return "anything";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(nameType).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `list of ${nameType(schema.items)}`;
  return schema.format ? `${schema.type} (${schema.format})` : schema.type || "anything";
}

function linkType(schema) {
  const names = nameType(schema).split(/( or |list of )/);
  const known = state.document.components.schemas;
  return make("code", {}, ...names.map((name) => (known[name] ? make("a", { href: `#schema-${name}` }, name) : name)));
}

function listRules(schema) {
  const plain = (schema.anyOf || [schema]).find((one) => one.type !== "null") || {};
  const rules = [];
  if (plain.minLength != null) rules.push(`${plain.minLength} characters or more`);
  if (plain.maxLength != null) rules.push(`${plain.maxLength} characters or fewer`);
  if (plain.minItems != null) rules.push(`${plain.minItems} or more of them`);
  if (schema.default !== undefined && schema.default !== null) rules.push(`default ${JSON.stringify(schema.default)}`);
  return rules.join(" · ");
}

function showField(name, schema, isRequired) {
  const rules = listRules(schema);
  return make(
    "div",
    {},
    make("dt", {}, make("span", { class: "field" }, make("code", {}, name), linkType(schema), isRequired ? make("span", { class: "must" }, "required") : null)),
    make("dd", {}, ...write(schema.description), rules ? make("p", { class: "quiet" }, rules) : null),
  );
}

function showSchema(name, schema) {
  const required = schema.required || [];
  const fields = Object.entries(schema.properties || {}).map(([key, value]) => showField(key, value, required.includes(key)));
  return make(
    "article",
    { id: `schema-${name}` },
    make("header", {}, make("h3", {}, name)),
    make("div", { class: "body" }, ...write(schema.description), schema.enum ? make("p", {}, make("code", {}, nameType(schema))) : null, fields.length ? make("dl", {}, ...fields) : null),
  );
}

function showJson(value) {
  return make("pre", { tabindex: 0 }, JSON.stringify(value, null, 2));
}

function showResponse(status, response) {
  const media = Object.values(response.content || {})[0];
  const headers = Object.keys(response.headers || {});
  const examples = Object.values((media && media.examples) || {});
  return make(
    "details",
    {},
    make("summary", {}, make("strong", {}, status), " ", ...writeLine(response.description)),
    make("p", { class: "quiet" }, "Body: ", linkType(media && media.schema), headers.length ? `. Headers: ${headers.join(", ")}.` : "."),
    ...examples.map((example) => showJson(example.value)),
  );
}

function findExample(operation) {
  const media = operation.requestBody && operation.requestBody.content["application/json"];
  return media ? Object.values(media.examples)[0].value : null;
}

function getServer() {
  return new URL(state.document.servers[0].url, location.href).href.replace(/\/$/, "");
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function writeCurl(method, path, body) {
  const lines = [`curl ${method === "post" ? "-X POST " : ""}${quote(getServer() + path)}`, '-H "Authorization: Bearer $API_TOKEN"'];
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(body))}`);
  return lines.join(" \\\n  ");
}

function labelled(id, words, control) {
  return [make("label", { for: id }, words), control];
}

function listInputs(operation) {
  return (operation.parameters || []).map((parameter) => {
    const id = `${operation.operationId}-${parameter.name}`;
    const input = make("input", { id, name: parameter.name, "data-in": parameter.in, spellcheck: "false", required: parameter.required });
    const example = Object.values(parameter.examples || {})[0];
    if (example) input.placeholder = `such as ${example.value}`;
    return { parameter, nodes: [...labelled(id, parameter.name, input), make("div", { class: "quiet" }, ...write(parameter.description))] };
  });
}

function cut(text) {
  return text.length > LONGEST_SHOWN_CHARS ? `${text.slice(0, LONGEST_SHOWN_CHARS)}\n… ${text.length - LONGEST_SHOWN_CHARS} characters more` : text;
}

function formatBody(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(method, path, form) {
  const headers = { Authorization: `Bearer ${document.getElementById("token").value}` };
  let filled = path;
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.in === "path") filled = filled.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value) headers[input.name] = input.value;
  }
  const area = form.querySelector("textarea");
  if (area) headers["Content-Type"] = "application/json";
  // The page may stand behind a prefix, so that addresses are relative to its own.
  const url = new URL(filled.replace(/^\/api\//, ""), location.href);
  return fetch(url, { method: method.toUpperCase(), headers, body: area ? area.value : undefined, credentials: "omit", redirect: "error" });
}

async function tryIt(method, path, form, answer) {
  const button = form.querySelector("button");
  button.disabled = true;
  answer.replaceChildren(make("p", { class: "quiet" }, "Waiting…"));
  try {
    const response = await send(method, path, form);
    const names = ["Location", "Retry-After", "Preference-Applied", "WWW-Authenticate"];
    const headers = names.filter((name) => response.headers.get(name)).map((name) => `${name}: ${response.headers.get(name)}`);
    const line = make("p", {}, make("strong", { class: response.ok ? "" : "bad" }, `${response.status} ${response.statusText}`));
    const body = make("pre", { tabindex: 0 }, cut(formatBody(await response.text())));
    rememberGeneration(response.headers.get("Location"));
    answer.replaceChildren(line, headers.length ? make("p", { class: "quiet" }, headers.join(" · ")) : "", body);
  } catch {
    answer.replaceChildren(make("p", { class: "bad" }, "There was no answer."));
  } finally {
    button.disabled = false;
  }
}

/** Offer the generation that was just asked for where one asks how it stands. */
function rememberGeneration(location) {
  const input = document.getElementById("getGeneration-id");
  if (location && input) input.value = location.split("/").pop();
}

function showTrial(method, path, operation, inputs) {
  const body = findExample(operation);
  const id = `${operation.operationId}-body`;
  const form = make("form", { class: "trial", autocomplete: "off" }, make("h4", {}, "Try it"), ...inputs.flatMap((input) => input.nodes));
  if (body) {
    const area = make("textarea", { id, spellcheck: "false" });
    area.value = JSON.stringify(body, null, 2);
    form.append(...labelled(id, "Body", area));
  }
  const answer = make("div", { class: "answer", "aria-live": "polite" });
  form.append(make("div", { class: "row" }, make("button", { class: "main", type: "submit" }, "Send")), answer);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tryIt(method, path, form, answer);
  });
  return form;
}

function showOperation(method, path, operation) {
  const shown = path.replace("{id}", "ID");
  const media = operation.requestBody && operation.requestBody.content["application/json"];
  const responses = Object.entries(operation.responses).sort(([one], [other]) => one - other);
  return make(
    "article",
    { id: `operation-${operation.operationId}` },
    make("header", {}, make("div", { class: "row" }, make("span", { class: `method ${method}` }, method.toUpperCase()), make("h3", {}, make("code", {}, path))), make("p", {}, operation.summary)),
    make(
      "div",
      { class: "body" },
      ...write(operation.description),
      media ? make("p", {}, "Body: ", linkType(media.schema)) : null,
      make("h4", {}, "Example"),
      make("pre", { tabindex: 0 }, writeCurl(method, shown, findExample(operation))),
      make("h4", {}, "Answers"),
      ...responses.map(([status, response]) => showResponse(status, response)),
      showTrial(method, path, operation, listInputs(operation)),
    ),
  );
}

function listOperations() {
  return Object.entries(state.document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })),
  );
}

function show() {
  const { info, components } = state.document;
  const operations = listOperations();
  document.title = document.getElementById("title").textContent = `${info.title}: HTTP API`;
  document.getElementById("version").textContent = info.version;
  document.getElementById("introduction").replaceWith(...write(info.description));
  const links = operations.map(({ method, path, operation }) => make("li", {}, make("a", { href: `#operation-${operation.operationId}` }, `${method.toUpperCase()} ${path}`)));
  document.getElementById("contents").append(make("ul", {}, ...links, make("li", {}, make("a", { href: "#schemas" }, "Schemas"))));
  document.getElementById("operations").append(make("h2", {}, "Operations"), ...operations.map(({ method, path, operation }) => showOperation(method, path, operation)));
  document.getElementById("schemas").append(make("h2", {}, "Schemas"), ...Object.entries(components.schemas).map(([name, schema]) => showSchema(name, schema)));
}

function hearToken() {
  const input = document.getElementById("token");
  const button = document.getElementById("show");
  document.getElementById("access").addEventListener("submit", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const isShown = input.type === "password";
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  });
}

async function start() {
  hearToken();
  try {
    const response = await fetch("openapi.json", { credentials: "omit" });
    state.document = await response.json();
    show();
  } catch {
    const trouble = document.getElementById("trouble");
    trouble.textContent = "The document could not be read. Please load the page again.";
    trouble.hidden = false;
  }
}

start();

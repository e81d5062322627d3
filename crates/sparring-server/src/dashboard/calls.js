// The API to try: every call of the document, with its fields.

import { ask, headers, part } from "./api.js";
import { h, label, millis, missing, say } from "./dom.js";

export const title = "API";

export async function show(root) {
  const document = await ask("/api/openapi.json");
  root.append(h("p", { className: "soft" }, document.info.description, " ", h("a", { href: "/api/openapi.json" }, "The document"), "."));
  const groups = new Map();
  for (const [path, calls] of Object.entries(document.paths)) {
    for (const [verb, call] of Object.entries(calls)) {
      const tag = call.tags?.[0] ?? "others";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push({ path, verb, call });
    }
  }
  for (const [tag, calls] of groups) {
    root.append(h("section", { className: "card" }, h("h2", {}, tag), calls.map(one)));
  }
  if (!groups.size) root.append(missing("The document has no calls."));
}

function one({ path, verb, call }) {
  const inside = h("div");
  const whole = h("details", { ontoggle: () => { if (whole.open && !inside.children.length) inside.append(...form(path, verb, call)); } },
    h("summary", {}, h("span", { className: "verb" }, verb.toUpperCase()), h("code", {}, path), h("span", { className: "soft" }, ` ${call.summary}`)), inside);
  return whole;
}

function form(path, verb, call) {
  const fields = (call.parameters ?? []).map((parameter) => ({
    parameter,
    field: h("input", { required: parameter.required, placeholder: parameter.schema?.default ?? "", title: parameter.description ?? "" }),
  }));
  const example = call.requestBody?.content?.["application/json"]?.example;
  const body = call.requestBody && h("textarea", { value: JSON.stringify(example ?? {}, null, 2), spellcheck: false });
  const answer = h("div", { ariaLive: "polite" });
  const send = async (event) => {
    event.preventDefault();
    try {
      let address = path;
      const query = new URLSearchParams();
      const more = {};
      for (const { parameter, field } of fields) {
        if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, part(field.value));
        else if (field.value && parameter.in === "query") query.append(parameter.name, field.value);
        else if (field.value) more[parameter.name] = field.value;
      }
      const begin = performance.now();
      const text = query.size ? `${address}?${query}` : address;
      const found = await fetch(text, { method: verb.toUpperCase(), headers: { ...headers(), ...more }, body: body ? body.value : undefined });
      const took = performance.now() - begin;
      const type = found.headers.get("content-type") ?? "";
      const stream = type.startsWith("text/event-stream");
      const shown = stream ? "a stream; it was closed again" : await read(found, type);
      if (stream) found.body.cancel();
      answer.replaceChildren(h("p", { className: found.ok ? "good" : "bad" }, `${found.status} in ${millis(took)}: ${text}`), h("pre", { tabIndex: 0 }, shown));
    } catch (error) { say(error.message); }
  };
  return [h("form", { onsubmit: send },
    fields.map(({ parameter, field }) => label(`${parameter.name}${parameter.required ? "" : " (may be left out)"}`, field)),
    body ? label("Body", body, "wide") : "",
    h("button", { className: verb === "delete" ? "danger" : "main" }, "Send")), answer];
}

async function read(found, type) {
  if (!/json|text/.test(type)) return `${(await found.arrayBuffer()).byteLength} bytes of ${type}`;
  const text = await found.text();
  const shown = type.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text;
  return shown.length > 20000 ? `${shown.slice(0, 20000)}\n... cut` : shown;
}

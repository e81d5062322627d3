// The key, the colours, and what the server was started with.

import { ask, keep, key, save } from "./api.js";
import { card, h, label, say, table } from "./dom.js";

export const title = "Settings";

export async function show(root) {
  const field = h("input", { type: "password", autocomplete: "off", value: key() });
  const theme = h("select", {}, [["", "as the system"], ["light", "light"], ["dark", "dark"]].map(([value, text]) => h("option", { value }, text)));
  theme.value = localStorage.getItem("sparring-theme") ?? "";
  theme.addEventListener("change", () => {
    if (theme.value) localStorage.setItem("sparring-theme", theme.value);
    else localStorage.removeItem("sparring-theme");
    dispatchEvent(new Event("theme"));
  });
  const told = h("div");
  const download = (path, name) => h("button", { onclick: () => save(path, name).catch((error) => say(error.message)) }, `Save ${name}`);
  root.append(
    card("Key",
      h("form", { onsubmit: (event) => { event.preventDefault(); keep(field.value); say("The key is kept until this tab is closed."); } },
        label("API key, or the admin key to load models and export events", field, "wide"),
        h("button", { className: "main" }, "Keep"),
        h("button", { type: "button", onclick: () => { field.value = ""; keep(""); } }, "Forget"))),
    card("Colours", label("Scheme", theme)),
    card("All events", h("p", { className: "soft" }, "Needs the admin key, where there is one. Large logs are better exported by ",
      h("code", {}, "sparring serve --export events.parquet"), "."),
    h("div", { className: "row" }, download("/api/v1/events.csv", "events.csv"), download("/api/v1/events.parquet", "events.parquet"))),
    told);
  const settings = await ask("/api/v1/settings");
  told.append(card("The server", table("As it was started", [
    ["setting", ([name]) => name.replaceAll("_", " ")],
    ["value", ([, value]) => (value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value)), "id"],
  ], Object.entries(settings))));
}

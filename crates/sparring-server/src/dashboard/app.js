// The frame: tabs by the address's hash, the state of the connection, the key where one is needed.

import { keep, key } from "./api.js";
import { card, h, label } from "./dom.js";
import { hear, listen } from "./live.js";
import * as overview from "./overview.js";
import * as people from "./people.js";
import * as playground from "./playground.js";
import * as board from "./board.js";
import * as training from "./training.js";
import * as reports from "./reports.js";
import * as pictures from "./pictures.js";
import * as models from "./models.js";
import * as calls from "./calls.js";
import * as settings from "./settings.js";

const pages = { overview, people, playground, board, training, reports, pictures, models, calls, settings };
const main = document.getElementById("main");
const tabs = document.getElementById("tabs");
let leave = [];

for (const [id, page] of Object.entries(pages)) tabs.append(h("a", { href: `#${id}` }, page.title));

// A page is given its place, the rest of the hash, and how to say what ends with it.
async function show() {
  const [id, ...rest] = location.hash.slice(1).split("/");
  if (location.hash === "#main") return;
  const page = pages[id] ?? overview;
  for (const end of leave) end();
  leave = [];
  const mine = leave;
  for (const tab of tabs.children) {
    if (tab.textContent === page.title) {
      tab.setAttribute("aria-current", "page");
      tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else tab.removeAttribute("aria-current");
  }
  document.title = `${page.title} - Sparring`;
  const root = h("div");
  main.replaceChildren(h("h1", {}, page.title), root);
  try {
    await page.show(root, { rest: rest.map(decodeURIComponent), until: (end) => mine.push(end) });
  } catch (error) {
    if (error.status !== 401) root.append(card("This did not work", h("p", { className: "bad" }, error.message)));
  }
}

function locked() {
  if (document.getElementById("locked")) return;
  const field = h("input", { type: "password", autocomplete: "off", required: true });
  const enter = (event) => { event.preventDefault(); keep(field.value); };
  main.prepend(h("section", { className: "card", id: "locked" },
    h("h2", {}, key() ? "The key is wrong" : "A key is needed"),
    h("p", { className: "soft" }, "It stays in this tab and is gone when the tab is closed."),
    h("form", { onsubmit: enter }, label("API key", field, "wide"), h("button", { className: "main" }, "Enter"))));
}

function theme() {
  const chosen = localStorage.getItem("sparring-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

theme();
addEventListener("theme", theme);
addEventListener("hashchange", () => { show(); main.focus(); });
addEventListener("locked", locked);
addEventListener("key", () => { document.getElementById("locked")?.remove(); show(); });
hear("connection", (state) => {
  const place = document.getElementById("state");
  place.textContent = state;
  place.className = `state ${state === "live" ? "good" : "bad"}`;
});
show();
listen();

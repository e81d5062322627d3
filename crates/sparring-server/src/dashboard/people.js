// Users and items: search, history, recommendations with reasons, neighbours.

import { ask, part, Refused } from "./api.js";
import { calm, card, count, figure, h, label, say, sure, table, when } from "./dom.js";
import { named, recommended } from "./lists.js";

export const title = "Users and items";

const PAGE = 25;

export async function show(root, { rest }) {
  const [kind = "users", id] = rest;
  const found = h("div");
  const one = h("div");
  const field = h("input", { type: "search", placeholder: "part of an id or a comment" });
  const which = h("select", {}, h("option", { value: "users" }, "users"), h("option", { value: "items" }, "items"));
  which.value = kind;
  const look = () => search(found, which.value, field.value).catch((error) => say(error.message));
  field.addEventListener("input", calm(look));
  which.addEventListener("change", look);
  root.append(
    h("form", { role: "search", onsubmit: (event) => { event.preventDefault(); look(); } },
      label("Look for", which), label("Text", field, "wide"), h("button", { className: "main" }, "Search")),
    h("div", { className: "two" }, card("Found", found), card(id ? `${kind === "items" ? "Item" : "User"} ${id}` : "Chosen", one)));
  if (!id) one.append(h("p", { className: "soft" }, "Choose a user or an item."));
  await Promise.all([look(), id && (kind === "items" ? item(one, id) : user(one, id))]);
}

async function search(place, kind, text) {
  const [key, idKey] = kind === "items" ? ["Items", "ItemId"] : ["Users", "UserId"];
  let cursor = "";
  const list = h("div");
  const more = h("button", { onclick: () => next().catch((error) => say(error.message)) }, "More");
  async function next() {
    const page = await ask(`/api/${kind}?n=${PAGE}&q=${part(text)}&cursor=${part(cursor)}`);
    cursor = page.Cursor;
    list.append(...page[key].map((row) => h("div", {},
      h("a", { href: `#people/${kind}/${part(row[idKey])}` }, row[idKey]),
      row.Comment ? h("span", { className: "soft" }, ` ${row.Comment}`) : "",
      row.IsHidden ? h("span", { className: "tag" }, "hidden") : "")));
    more.hidden = !cursor;
    if (!list.children.length) list.append(h("p", { className: "soft" }, `There are no such ${kind}.`));
  }
  place.replaceChildren(list, more);
  await next();
}

async function user(place, id) {
  const [about, events] = await Promise.all([
    ask(`/api/user/${part(id)}`),
    ask(`/api/user/${part(id)}/feedback`),
  ]);
  events.sort((a, b) => b.Timestamp.localeCompare(a.Timestamp));
  const list = h("div");
  const n = h("input", { type: "number", min: 1, max: 100, value: 10 });
  const spread = h("input", { type: "range", min: 0, max: 1, step: 0.1, value: 0 });
  const recommend = async () => {
    const answer = await ask(`/api/v1/recommend/${part(id)}?n=${n.value}&reasons=3&diversity=${spread.value}`)
      .catch((error) => { say(error.message); return null; });
    if (answer) list.replaceChildren(recommended(answer));
  };
  const coming = h("div");
  const remove = async () => {
    if (!await sure(`User ${id} goes with all ${events.length} events. This cannot be undone.`, "Delete the user")) return;
    await ask(`/api/user/${part(id)}`, { method: "DELETE" }).catch((error) => say(error.message));
    location.hash = "#people/users";
  };
  place.replaceChildren(
    about.Comment ? h("p", {}, about.Comment) : "",
    about.Labels ? h("pre", {}, JSON.stringify(about.Labels)) : "",
    h("h3", {}, "Recommendations, and because of what"),
    h("div", { className: "row" }, label("How many", n), label("Diversity", spread), h("button", { className: "main", onclick: recommend }, "Recommend")),
    list,
    h("h3", {}, "What may come next"), coming,
    h("h3", {}, "History"),
    table(`${count(events.length)} events, the latest first`, [
      ["item", (event) => h("a", { href: `#people/items/${part(event.ItemId)}` }, named(event.ItemId)), "id"],
      ["kind", (event) => event.FeedbackType],
      ["value", (event) => figure(event.Value), "number"],
      ["when", (event) => when(event.Timestamp)],
    ], events),
    h("p", {}, h("button", { className: "danger", onclick: remove }, "Delete this user")));
  await Promise.all([recommend(), predict(coming, id)]);
}

async function predict(place, id) {
  try {
    const told = await ask(`/api/v1/predict/${part(id)}?n=5`);
    place.replaceChildren(table(`by ${told.model}`, [
      ["item", (event) => named(event.item), "id"],
      ["chance", (event) => `${(100 * event.probability).toFixed(1)} %`, "number"],
      ["rating", (event) => (event.rating === undefined ? "" : figure(event.rating)), "number"],
    ], told.next));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    place.replaceChildren(h("p", { className: "soft" }, error.message));
  }
}

async function item(place, id) {
  const [about, near, events] = await Promise.all([
    ask(`/api/item/${part(id)}`),
    ask(`/api/item/${part(id)}/neighbors?n=10`),
    ask(`/api/item/${part(id)}/feedback`),
  ]);
  const hide = async () => {
    await ask(`/api/item/${part(id)}`, { method: "PATCH", body: { IsHidden: !about.IsHidden } }).catch((error) => say(error.message));
    await item(place, id);
  };
  place.replaceChildren(
    h("p", {}, about.Comment || h("span", { className: "soft" }, "no title")),
    h("p", { className: "soft" }, `categories: ${(about.Categories ?? []).join(", ") || "none"}; since: ${when(about.Timestamp) || "not known"}`),
    h("p", {}, h("button", { onclick: hide }, about.IsHidden ? "Show it again" : "Hide it from all lists")),
    h("h3", {}, "Beside it"),
    table("nearest by the model", [
      ["item", (near) => h("a", { href: `#people/items/${part(near.Id)}` }, named(near.Id)), "id"],
      ["score", (near) => figure(near.Score), "number"],
    ], near),
    h("h3", {}, "Events"),
    table(`${count(events.length)} events`, [
      ["user", (event) => h("a", { href: `#people/users/${part(event.UserId)}` }, event.UserId), "id"],
      ["kind", (event) => event.FeedbackType],
      ["value", (event) => figure(event.Value), "number"],
      ["when", (event) => when(event.Timestamp)],
    ], events.slice(0, 200)));
}

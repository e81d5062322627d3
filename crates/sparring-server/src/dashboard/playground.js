// A history is tried: nothing is stored. Beside it an event is sent, and the next list shows it.

import { ask, part } from "./api.js";
import { card, h, label, millis, say } from "./dom.js";
import { itemField, named, recommended } from "./lists.js";

export const title = "Try";

export async function show(root) {
  root.append(h("div", { className: "two" }, history(), event()));
}

function history() {
  const tried = [];
  const { field, both } = itemField({ placeholder: "id or title" });
  const chips = h("ul", { className: "chips", ariaLabel: "History" });
  const n = h("input", { type: "number", min: 1, max: 100, value: 10 });
  const spread = h("input", { type: "range", min: 0, max: 1, step: 0.1, value: 0 });
  const list = h("div", { ariaLive: "polite" });
  async function ran() {
    chips.replaceChildren(...tried.map((id, at) => h("li", {}, named(id), h("button", {
      type: "button", ariaLabel: `Take ${id} out`, onclick: () => { tried.splice(at, 1); run(); } }, "\u00d7"))));
    const body = { history: tried, n: Number(n.value), diversity: Number(spread.value), reasons: 3 };
    list.replaceChildren(recommended(await ask("/api/v1/recommend", { method: "POST", body })));
  }
  const run = () => ran().catch((error) => say(error.message));
  const add = (submitted) => {
    submitted.preventDefault();
    const id = field.value.trim();
    if (id && !tried.includes(id)) tried.push(id);
    field.value = "";
    run();
    field.focus();
  };
  n.addEventListener("change", run);
  spread.addEventListener("change", run);
  run();
  return card("Try a history",
    h("p", { className: "soft" }, "Items somebody might have liked, oldest first. Nothing of it is stored."),
    h("form", { onsubmit: add }, label("Item", both[0], "wide"), both[1], h("button", { className: "main" }, "Add")),
    chips,
    h("div", { className: "row" }, label("How many", n), label("Diversity", spread)),
    list);
}

function event() {
  const who = h("input", { required: true, value: "somebody new" });
  const kind = h("input", { required: true, value: "like" });
  const { field, both } = itemField({ required: true, placeholder: "id or title" });
  const told = h("p", { className: "soft", role: "status" });
  const list = h("div");
  const send = async (submitted) => {
    submitted.preventDefault();
    try {
      const begin = performance.now();
      await ask("/api/feedback", { method: "POST", body: [{ FeedbackType: kind.value, UserId: who.value, ItemId: field.value.trim() }] });
      const stored = performance.now();
      const answer = await ask(`/api/v1/recommend/${part(who.value)}?n=10&reasons=2`);
      const end = performance.now();
      told.textContent = `Durable after ${millis(stored - begin)}, the list that knows it after ${millis(end - stored)} more.`;
      list.replaceChildren(recommended(answer));
    } catch (error) { say(error.message); }
  };
  return card("Send an event",
    h("p", { className: "soft" }, "It is stored, and the very next list reflects it."),
    h("form", { onsubmit: send }, label("User", who, "wide"), label("Kind", kind), label("Item", both[0], "wide"), both[1],
      h("button", { className: "main" }, "Send")),
    told, list);
}

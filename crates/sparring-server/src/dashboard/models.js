// The model that answers, the one before, those on the shelf, and how their lists differ.

import { ask } from "./api.js";
import { card, code, count, h, label, missing, say, table, when } from "./dom.js";
import { recommended } from "./lists.js";

export const title = "Models";

export async function show(root) {
  const serving = h("div");
  const shelf = h("div");
  const compared = h("div");
  root.append(serving, shelf, compared);
  const again = () => draw(serving, shelf, compared);
  await again();

  async function draw() {
    const [models, stored] = await Promise.all([ask("/api/v1/models"), ask("/api/v1/models/shelf")]);
    const act = (path, body, done) => async () => {
      try {
        await ask(path, { method: "POST", body });
        say(done);
        await draw();
      } catch (error) { say(error.message); }
    };
    const [now, before] = models;
    const about = (model) => [
      h("p", {}, h("b", {}, model.model), ` number ${model.generation}, seed ${model.seed}, since ${when(model.since)}`),
      h("p", { className: "soft" }, `${count(model.trained_on.interactions)} interactions, ${count(model.items)} items; `, code(model.folder))];
    serving.replaceChildren(h("div", { className: "two" },
      card("Serves now", about(now), h("button", { onclick: act("/api/v1/models/reload", undefined, "The folder was read again.") }, "Read its folder again")),
      card("Before it", before ? [about(before), h("button", { className: "main", onclick: act("/api/v1/models/rollback", undefined, "The model before serves again.") }, "Roll back")]
        : h("p", { className: "soft" }, "No other model has served since the start."))));
    shelf.replaceChildren(card("On the shelf",
      h("p", { className: "soft" }, "Sound recommenders in ", code(stored.folder)),
      stored.models.length ? table("Saved models", [
        ["name", (one) => one.name, "id"], ["model", (one) => one.model], ["seed", (one) => one.seed, "number"],
        ["interactions", (one) => count(one.interactions), "number"], ["saved", (one) => when(one.modified)],
        ["", (one) => h("button", { ariaLabel: `Load ${one.name}`, onclick: act("/api/v1/models/load", { name: one.name }, `${one.name} serves.`) }, "Load")],
      ], stored.models) : missing("None. ", code("sparring train --data D --model M --out DIR"), " makes one; ", code("sparring serve --models DIR"), " looks there.")));
    if (stored.models.length) compare(compared, stored.models);
  }
}

function compare(place, models) {
  const other = h("select", {}, models.map((one) => h("option", { value: one.name }, `${one.name} (${one.model})`)));
  const user = h("input", { placeholder: "a user's id" });
  const items = h("input", { placeholder: "or items, by commas" });
  const lists = h("div", { className: "two" });
  const told = h("p", { role: "status" });
  const run = async (event) => {
    event.preventDefault();
    const history = items.value.split(",").map((id) => id.trim()).filter(Boolean);
    const body = { with: other.value, n: 10, ...(user.value ? { user: user.value } : { history }) };
    try {
      const found = await ask("/api/v1/models/compare", { method: "POST", body });
      told.textContent = `${found.shared} of ${found.now.items.length} items are in both lists.`;
      lists.replaceChildren(card(`Now: ${found.now.model}`, recommended(found.now)), card(`${other.value}: ${found.other.model}`, recommended(found.other)));
    } catch (error) { say(error.message); }
  };
  place.replaceChildren(card("Compare",
    h("form", { onsubmit: run }, label("With", other, "wide"), label("User", user, "wide"), label("History", items, "wide"),
      h("button", { className: "main" }, "Compare")), told, lists));
}

// Recommendations with their reasons, names of items, and fields that suggest items.

import { ask, part } from "./api.js";
import { calm, figure, h } from "./dom.js";

const names = new Map();

// The comment of an item is by custom its title.
export async function nameOf(id) {
  if (!names.has(id)) {
    names.set(id, ask(`/api/item/${part(id)}`).then((item) => item.Comment || "", () => ""));
  }
  return names.get(id);
}

export function named(id) {
  const place = h("span", { className: "name" }, id);
  nameOf(id).then((title) => { if (title) place.textContent = `${title} (${id})`; });
  return place;
}

export function recommended(answer) {
  if (!answer.items.length) return h("p", { className: "soft" }, "Nothing: no item is left, or none has this category.");
  return h("ol", { className: "list" }, answer.items.map((entry) => h("li", {},
    h("span", {}, named(entry.item), entry.source === "model" ? "" : h("span", { className: "tag" }, entry.source)),
    h("span", { className: "soft" }, figure(entry.score)),
    entry.because?.length
      ? h("span", { className: "why" }, "because of ", entry.because.map((why, i) => [
        i ? ", " : "", named(why.item), ` ${(100 * why.share).toFixed(0)} %`]))
      : "")));
}

let fields = 0;

// A text field that suggests items whose id or title has the text.
export function itemField(props = {}) {
  fields += 1;
  const list = h("datalist", { id: `items-${fields}` });
  const look = calm(async () => {
    const found = await ask(`/api/items?n=12&q=${part(field.value)}`).catch(() => ({ Items: [] }));
    list.replaceChildren(...found.Items.map((item) => h("option", { value: item.ItemId }, item.Comment || "")));
  });
  const field = h("input", { list: list.id, autocomplete: "off", oninput: look, onfocus: look, ...props });
  return { field, both: [field, list] };
}

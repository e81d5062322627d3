// Pictures from words, where the server was started with a generator.

import { ask } from "./api.js";
import { card, code, h, label, millis, missing, say } from "./dom.js";

export const title = "Pictures";

export async function show(root) {
  const { generator } = await ask("/api/v1/imagine");
  if (!generator) {
    root.append(missing("No generator is loaded. ", code("sparring image train --data fashion-mnist --captions fashion-mnist --out gan"),
      " makes one; ", code("sparring serve --pictures gan"), " shows it."));
    return;
  }
  root.append(prompt(generator));
}

function prompt(generator) {
  const words = h("input", { required: true, placeholder: "a pair of running shoes", maxLength: 1000 });
  const cls = h("select", {}, [h("option", { value: "" }, "any")],
    Array.from({ length: Math.min(generator.classes, 1000) }, (_, at) => h("option", { value: at }, String(at))));
  const n = h("input", { type: "number", min: 1, max: 64, value: 16 });
  const told = h("p", { className: "soft", role: "status" });
  const sheet = h("div");
  let seed = 0;
  const draw = async (submitted) => {
    submitted.preventDefault();
    const body = { n: Number(n.value), seed };
    if (generator.words) body.text = words.value;
    else if (cls.value) body.class = Number(cls.value);
    try {
      const begin = performance.now();
      const answer = await ask("/api/v1/imagine", { method: "POST", body });
      const about = generator.words ? `${body.n} pictures for: ${words.value}` : `${body.n} pictures`;
      sheet.replaceChildren(h("img", { src: answer.image, alt: about, className: "sheet" }));
      told.textContent = [`Drawn in ${millis(performance.now() - begin)}.`, ...answer.notes].join(" ");
      seed += 1;
    } catch (error) { say(error.message); }
  };
  const about = `${generator.side} x ${generator.side}, ${generator.colour ? "colour" : "grey"}; each press draws others.`;
  return card(generator.words ? "Draw from words" : "Draw",
    h("p", { className: "soft" }, about),
    h("form", { onsubmit: draw },
      generator.words ? label("What the pictures shall show", words, "wide") : "",
      !generator.words && generator.classes ? label("Class", cls) : "",
      label("How many", n), h("button", { className: "main" }, "Draw")),
    told, sheet);
}

// Training: the run of this server while it goes on, and the curves that comparisons kept.

import { ask, part } from "./api.js";
import { boards, choice, none } from "./board.js";
import { lines } from "./chart.js";
import { card, code, h, label, missing, say } from "./dom.js";
import { hear } from "./live.js";

export const title = "Training";

const GROUPS = [
  ["Losses", /loss/i],
  ["The discriminator's accuracy", /accuracy|wins/i],
  ["Norms of gradients", /gradient|norm/i],
  ["Coverage and spread", /coverage|spread|columns|duplicat|breadth/i],
];

export function curves(all) {
  const names = Object.keys(all);
  const taken = new Set();
  const groups = GROUPS.map(([about, pattern]) => [about, names.filter((name) => pattern.test(name) && !taken.has(name) && taken.add(name))]);
  groups.push(["Others", names.filter((name) => !taken.has(name))]);
  return h("div", { className: "two" }, groups.filter(([, of]) => of.length).map(([about, of]) =>
    card(about, lines("by step", of.map((name) => ({ name, points: all[name] })), about.includes("accuracy") ? { most: 1 } : { zero: false }))));
}

export function verdict(health) {
  const last = health[health.length - 1];
  if (!last) return h("p", { className: "soft" }, "No health was looked at: the model has no discriminator, or has had no check yet.");
  const list = (about, of) => of.length ? [h("h3", {}, about), h("ul", {}, of.map((text) => h("li", {}, text)))] : [];
  return h("div", {},
    h("p", {}, "Verdict at step ", String(last.step), ": ", h("b", { className: last.verdict === "healthy" ? "good" : "warn" }, last.verdict)),
    list("Evidence", last.evidence), list("What helps", last.remedies), list("What was done", last.applied));
}

function running(place, run) {
  const start = h("button", { disabled: run?.state === "training", onclick: () =>
    ask("/api/v1/training/start", { method: "POST" }).then(() => say("Training begins within a second."), (error) => say(error.message)) }, "Train now");
  if (!run || run.state === "off") {
    place.replaceChildren(missing("This server retrains only when asked. ", code("sparring serve --retrain-every 6h"), " or ",
      code("--retrain-after 100000"), " lets it do so in the background; the model that serves stays until another wins."), h("p", {}, start));
    return;
  }
  const share = run.total ? `, ${run.unit} ${run.done} of ${run.total}` : "";
  const bar = run.total ? h("progress", { max: run.total, value: run.done, ariaLabel: "Progress" }) : "";
  place.replaceChildren(card("In this server",
    h("p", {}, h("b", {}, run.state), run.model ? ` ${run.model}${share} ` : "", bar),
    run.told ? h("p", { className: "soft" }, run.told) : "",
    run.decision ? h("p", {}, run.decision) : "",
    h("p", {}, start),
    run.state === "waiting" && run.health?.length ? h("p", { className: "soft" }, "Of the last training:") : "",
    run.state === "waiting" && !run.health?.length ? "" : verdict(run.health ?? [])),
  Object.keys(run.curves ?? {}).length ? curves(run.curves) : "");
}

export async function show(root, { rest, until }) {
  const live = h("div");
  const past = h("div");
  root.append(live, past);
  running(live, null);
  until(hear("training", (run) => running(live, run)));
  const { found, which, board } = await boards(rest.join("/"));
  if (!board) {
    past.append(none());
    return;
  }
  const rows = board.rows.filter((row) => Object.keys(row.curves).length);
  if (!rows.length) {
    past.append(card("", h("p", {}, "No model of this comparison is trained by steps.")));
    return;
  }
  const model = h("select", {}, rows.map((row) => h("option", {}, row.model)));
  const drawn = h("div");
  const draw = () => {
    const row = rows.find((one) => one.model === model.value);
    drawn.replaceChildren(card(`Health of ${row.model}`, verdict(row.health)), curves(row.curves));
  };
  model.value = (rows.find((row) => row.family === "adversarial") ?? rows[0]).model;
  model.addEventListener("change", draw);
  past.append(h("h2", {}, "In comparisons"), h("div", { className: "row" },
    choice(found, which, (id) => { location.hash = `#training/${id.split("/").map(part).join("/")}`; }), label("Model", model)), drawn);
  draw();
}

// Leaderboards of `sparring compare`.

import { ask, part } from "./api.js";
import { bars } from "./chart.js";
import { card, code, count, h, label, missing, table } from "./dom.js";

export const title = "Leaderboard";

// All leaderboards that were found, and one of them.
export async function boards(chosen) {
  const { reports } = await ask("/api/v1/reports");
  const found = reports.filter((report) => report.name === "leaderboard.json");
  const which = found.find((report) => report.id === chosen) ?? found[0];
  return { found, which, board: which && await ask(`/api/v1/reports/file?id=${part(which.id)}`) };
}

export const none = () => missing("There is no leaderboard here. ", code("sparring compare --train F --test F --models ease,ganmf --out DIR"),
  " makes one; ", code("sparring serve --board DIR"), " shows it.");

export function choice(found, which, chosen) {
  const select = h("select", { onchange: () => chosen(select.value) }, found.map((report) =>
    h("option", { value: report.id }, `${report.folder} (${report.modified.slice(0, 10)})`)));
  select.value = which.id;
  return label("Comparison", select, "wide");
}

export async function show(root, { rest }) {
  const { found, which, board } = await boards(rest.join("/"));
  if (!board) {
    root.append(none());
    return;
  }
  const metric = h("select", {}, board.metrics.map((name) => h("option", {}, name)));
  metric.value = board.watched;
  const drawn = h("div");
  function draw() {
    const of = (row) => row.metrics[metric.value];
    const rows = board.rows.filter(of).sort((a, b) => of(b).mean - of(a).mean);
    drawn.replaceChildren(bars(metric.value, rows.map((row) => ({
      name: row.model, value: of(row).mean, low: of(row).low, high: of(row).high, kind: row.family,
      note: row.family === "adversarial" ? "*" : "" }))),
    h("p", { className: "soft" }, "Red and * are adversarial; the line is the 95 % interval over users."));
  }
  metric.addEventListener("change", draw);
  const { facts } = board;
  root.append(
    h("div", { className: "row" }, choice(found, which, (id) => { location.hash = `#board/${id.split("/").map(part).join("/")}`; }), label("Metric", metric)),
    card("", drawn),
    card("All metrics", table(`${count(facts.evaluated)} test users, ${count(facts.train)} training interactions, seeds ${board.seeds.join(", ")}`, [
      ["model", (row) => h("span", {}, row.model, row.family === "adversarial" ? h("span", { className: "tag adversarial" }, "adversarial") : "")],
      ...board.metrics.map((name) => [name, (row) => row.metrics[name]?.mean.toFixed(4) ?? "", "number"]),
    ], board.rows)),
    ...board.rows.filter((row) => row.failure).map((row) => missing(`${row.model}: ${row.failure}`)),
    card("How it was measured", h("p", {}, facts.protocol), h("p", { className: "soft" }, facts.data)));
  draw();
}

// What goes on at the moment.

import { ask } from "./api.js";
import { lines } from "./chart.js";
import { bytes, card, count, figure, h, millis, tiles, when } from "./dom.js";
import { hear, history } from "./live.js";

export const title = "Overview";

export async function show(root, { until }) {
  const now = h("div");
  const charts = h("div", { className: "two" });
  const kept = h("div");
  root.append(now, charts, kept);
  const clock = (at) => new Date(at * 1000).toLocaleTimeString("en-GB");

  function draw() {
    const samples = history();
    const last = samples[samples.length - 1];
    if (!last) {
      now.replaceChildren(h("p", { className: "soft" }, "Waiting for the first second."));
      return;
    }
    now.replaceChildren(tiles([
      ["events a second", figure(last.events_per_sec)],
      ["lists a second", figure(last.lists_per_sec)],
      ["requests a second", figure(last.requests_per_sec)],
      ["latency, median", millis(last.p50_ms)],
      ["latency, p99", millis(last.p99_ms)],
      ["failures a second", figure(last.failures_per_sec), last.failures_per_sec ? "bad" : ""],
      ["memory", bytes(last.resident_bytes)],
    ]));
    const line = (name, of) => ({ name, points: samples.map((one) => [one.at, of(one)]) });
    charts.replaceChildren(
      card("Traffic", lines("a second", [
        line("events", (one) => one.events_per_sec),
        line("lists", (one) => one.lists_per_sec),
        line("requests", (one) => one.requests_per_sec)], { across: clock })),
      card("Latency", lines("milliseconds", [
        line("median", (one) => one.p50_ms), line("p99", (one) => one.p99_ms)], { across: clock, unit: " ms" })));
  }

  async function counts() {
    const [stats, health] = await Promise.all([
      ask("/api/v1/stats"),
      ask("/api/health").then((told) => told, (error) => ({ error: error.message })),
    ]);
    const { model } = stats;
    kept.replaceChildren(
      tiles([
        ["users", count(stats.users)],
        ["items", count(stats.items)],
        ["events", count(stats.events)],
        ["requests since the start", count(stats.requests)],
        ["running for", stats.up_secs < 3600 ? `${Math.floor(stats.up_secs / 60)} min` : `${(stats.up_secs / 3600).toFixed(1)} h`],
        ["health", health.error ?? `ready, database ${millis(health.database_ms)}`, health.error ? "words bad" : "words good"],
      ]),
      card("Model",
        h("p", {}, h("b", {}, model.model), ` number ${model.generation} since ${when(model.since)}, seed ${model.seed}, ${count(model.items)} items`),
        h("p", { className: "soft" }, `trained on ${count(model.trained_on.interactions)} interactions of ${count(model.trained_on.users)} users; `,
          h("code", {}, model.folder))));
  }

  until(hear("history", draw));
  until(hear("sample", draw));
  const timer = setInterval(() => counts().catch(() => {}), 5000);
  until(() => clearInterval(timer));
  await counts();
}

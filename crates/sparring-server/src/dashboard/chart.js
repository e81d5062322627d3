// Small charts in SVG: lines over time or steps, and bars with intervals.

import { figure, h, s } from "./dom.js";

const WIDE = 600;
const LEFT = 52;

function ticks(low, high, wanted = 4) {
  const raw = (high - low) / wanted || 1;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * size).find((n) => n >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) found.push(Math.abs(at) < step * 1e-6 ? 0 : at);
  return found;
}

// `series`: [{ name, points: [[x, y or null], ...] }]; `across` writes a tick of the x axis.
export function lines(about, series, { tall = 190, across = figure, unit = "", zero = true, most } = {}) {
  const shown = series.filter((one) => one.points.some(([, y]) => y !== null));
  const all = shown.flatMap((one) => one.points).filter(([, y]) => y !== null);
  if (!all.length) return h("p", { className: "soft" }, `${about}: nothing yet.`);
  const xs = all.map(([x]) => x);
  const ys = all.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  let [low, high] = [zero ? Math.min(0, ...ys) : Math.min(...ys), Math.max(...ys)];
  if (most !== undefined) [low, high] = [Math.min(low, 0), Math.max(high, most)];
  if (low === high) { high += Math.abs(high) / 10 || 1; if (!zero) low -= Math.abs(low) / 10 || 1; }
  const x = (at) => LEFT + ((at - left) / (right - left || 1)) * (WIDE - LEFT - 12);
  const y = (at) => tall - 24 - ((at - low) / (high - low)) * (tall - 36);
  const rules = ticks(low, high).map((at) => [
    s("line", { class: "grid", x1: LEFT, x2: WIDE - 12, y1: y(at), y2: y(at) }),
    s("text", { x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" }, figure(at)),
  ]);
  const marks = ticks(left, right, 5).filter((at) => at >= left && at <= right).map((at) =>
    s("text", { x: x(at), y: tall - 6, "text-anchor": x(at) > WIDE - 40 ? "end" : "middle" }, across(at)));
  const paths = shown.map((one, i) => {
    let pen = "M";
    const way = one.points.map(([px, py]) => {
      if (py === null) { pen = "M"; return ""; }
      const step = `${pen}${x(px).toFixed(1)} ${y(py).toFixed(1)}`;
      pen = "L";
      return step;
    }).join("");
    const only = one.points.filter(([, py]) => py !== null);
    const group = [s("path", { class: "stroke", d: way })];
    if (only.length === 1) group.push(s("circle", { class: "fill", cx: x(only[0][0]), cy: y(only[0][1]), r: 3 }));
    return s("g", { class: `s${i % 8}` }, group);
  });
  const latest = shown.map((one) => {
    const found = one.points.filter(([, py]) => py !== null);
    return `${one.name} ${figure(found[found.length - 1][1])}${unit}`;
  });
  return h("figure", {},
    h("figcaption", {}, h("span", {}, about), shown.map((one, i) => h("span", { className: `key s${i % 8}` }, latest[i]))),
    s("svg", { class: "chart", viewBox: `0 0 ${WIDE} ${tall}`, role: "img", "aria-label": `${about}. Latest: ${latest.join(", ")}` },
      rules, marks, paths));
}

// `rows`: [{ name, value, low, high, kind, note }], drawn from `from` on.
export function bars(about, rows) {
  const most = Math.max(...rows.map((row) => row.high ?? row.value), 1e-12);
  const at = (value) => Math.max(0, (value / most) * 300);
  return h("div", { className: "bars", role: "group", ariaLabel: about }, rows.map((row) => [
    h("span", {}, row.name),
    s("svg", { class: "chart", viewBox: "0 0 300 18", preserveAspectRatio: "none", role: "img", "aria-label": `${row.name}: ${figure(row.value)}` },
      s("g", { class: row.kind === "adversarial" ? "s1" : "s0" },
        s("rect", { class: "fill", x: 0, y: 3, width: at(row.value), height: 12, opacity: 0.75 })),
      row.low === undefined ? [] : s("line", { class: "axis", x1: at(row.low), x2: at(row.high), y1: 9, y2: 9 })),
    h("span", { className: "value" }, row.value.toFixed(4), row.note ? h("span", { className: "soft" }, ` ${row.note}`) : ""),
  ]));
}

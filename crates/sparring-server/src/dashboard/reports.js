// Synthetic against real, attacks, and what privacy was spent, as other commands have written it.

import { ask, key, part, save } from "./api.js";
import { card, code, count, figure, h, missing, say, table, when } from "./dom.js";

export const title = "Synthetic and privacy";

const KINDS = [
  ["ledger.json", "Privacy ledgers", "sparring synthesize --epsilon 3 --out DIR", ledger],
  ["summary.json", "Synthetic users", "sparring synthesize --data D --users N --out DIR", summary],
  ["fidelity.json", "Likeness to real users", "sparring fidelity --real D --synthetic D --out DIR", verdicts],
  ["audit.json", "Attacks", "sparring audit --real D --holdout D --synthetic D --out DIR", verdicts],
  ["robustness.json", "Robustness of recommenders", "sparring robustness --models ease,ganmf --out DIR", verdicts],
  ["augment.json", "What additions bring", "sparring augment --train F --valid F --out DIR", verdicts],
];

export async function show(root) {
  const { reports } = await ask("/api/v1/reports");
  for (const [name, about, command, draw] of KINDS) {
    const found = reports.filter((report) => report.name === name);
    root.append(h("h2", {}, about));
    if (!found.length) {
      root.append(missing("None here. ", code(command), " makes one; ", code("sparring serve --reports DIR"), " shows it."));
    }
    for (const report of found.slice(0, 6)) {
      const read = await ask(`/api/v1/reports/file?id=${part(report.id)}`).catch((error) => ({ failed: error.message }));
      root.append(card("", h("p", { className: "soft" }, code(report.folder), ` ${when(report.modified)}`),
        read.failed ? h("p", { className: "bad" }, read.failed) : draw(read),
        pages(reports, report.folder)));
    }
    if (found.length > 6) root.append(h("p", { className: "soft" }, `${found.length - 6} earlier ones are not shown.`));
  }
}

// The page of a report draws by itself. With a key it is saved, since a link could not carry the key.
function pages(reports, folder) {
  const found = reports.filter((report) => report.folder === folder && report.name.endsWith(".html"));
  return h("p", {}, found.map((report) => {
    const address = `/api/v1/reports/file?id=${part(report.id)}`;
    return key()
      ? h("button", { className: "link", onclick: () => save(address, report.name).catch((error) => say(error.message)) }, `Save ${report.name}`)
      : h("a", { href: address, target: "_blank", rel: "noopener" }, `Open ${report.name}`);
  }));
}

function ledger(read) {
  const spent = read.composed?.epsilon;
  return [
    h("p", {}, "epsilon ", h("b", {}, figure(spent)), read.budget ? ` of ${figure(read.budget)}` : "", `, delta ${read.delta}, for every ${read.unit}.`,
      spent === null ? h("b", { className: "bad" }, " Something ran without noise.") : ""),
    table("What was spent", [
      ["on", (event) => event.name],
      ["how", (event) => JSON.stringify(event.event).replace(/[{}"]/g, " "), "id"],
      ["epsilon alone", (event) => figure(event.alone?.epsilon), "number"],
    ], read.events ?? []),
    table("Taken as public", [["what", (row) => row.name], ["why", (row) => row.why]], read.public ?? []),
  ];
}

function summary(read) {
  return [
    h("p", {}, `${count(read.users)} users, ${count(read.interactions)} interactions by `, h("b", {}, read.model)),
    h("p", { className: read.guarantee ? "good" : "warn" }, read.privacy ?? read.guarantee ?? "no privacy guarantee"),
    (read.notes ?? []).map((note) => h("p", { className: "soft" }, note)),
  ];
}

function verdicts(read) {
  const lines = read.verdict ?? read.verdicts;
  const sizes = ["real", "synthetic", "holdout"].filter((name) => read[name]?.users)
    .map((name) => `${name}: ${count(read[name].users)} users`).join(", ");
  const areas = (read.attacks ?? []).filter((attack) => attack.roc?.auc);
  return [
    sizes && h("p", { className: "soft" }, sizes),
    Array.isArray(lines) ? h("ul", {}, lines.map((line) => h("li", {}, typeof line === "string" ? line : JSON.stringify(line)))) : "",
    areas.length ? table("Area under the curve of each attack; .5 is chance", [
      ["attack", (attack) => attack.name],
      ["auc", (attack) => attack.roc.auc.mean.toFixed(3), "number"],
      ["interval", (attack) => `${attack.roc.auc.low.toFixed(3)} to ${attack.roc.auc.high.toFixed(3)}`],
    ], areas) : "",
  ];
}

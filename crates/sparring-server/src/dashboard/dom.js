// Elements without markup in strings: what comes from the server is always text.

export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  fill(made, props);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function s(tag, props = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children.flat(Infinity));
  return made;
}

function fill(made, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !["list", "form"].includes(name)) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
}

export const card = (title, ...children) => h("section", { className: "card" }, title && h("h2", {}, title), ...children);

export const missing = (...children) => h("p", { className: "missing" }, ...children);

export const code = (text) => h("code", {}, text);

export function label(text, field, className = "") {
  return h("label", { className }, text, field);
}

// Columns: [title, value of a row, "number" or "id"].
export function table(caption, columns, rows) {
  const cell = (tag, kind, ...inside) => h(tag, { className: kind ?? "", scope: tag === "th" ? "col" : undefined }, ...inside);
  return h("div", { className: rows.length > 14 ? "scroll tall" : "scroll", tabIndex: 0, role: "region", ariaLabel: caption },
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map(([title, , kind]) => cell("th", kind, title)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, columns.map(([, value, kind]) => {
        const shown = value(row);
        return cell("td", kind, shown === null || shown === undefined ? "" : shown);
      }))))));
}

export function tiles(pairs) {
  return h("div", { className: "tiles" }, pairs.map(([name, value, kind]) =>
    h("dl", { className: "tile" }, h("dt", {}, name), h("dd", { className: kind ?? "" }, value))));
}

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const brief = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

export const count = (n) => whole.format(Math.round(n));
export const figure = (x) => (x === null || x === undefined ? "-" : Math.abs(x) >= 1e4 ? count(x) : short.format(x));
export const millis = (x) => (x === null || x === undefined ? "-" : `${brief.format(x)} ms`);
export const bytes = (n) => (n >= 1 << 30 ? `${(n / (1 << 30)).toFixed(2)} GiB` : `${(n / (1 << 20)).toFixed(1)} MiB`);
export const when = (text) => (text && !text.startsWith("0001") ? text.slice(0, 19).replace("T", " ") : "");

// Runs once typing has paused.
export function calm(action, wait = 250) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), wait);
  };
}

let silent = 0;
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  place.hidden = !text;
  clearTimeout(silent);
  silent = setTimeout(() => { place.hidden = true; }, 8000);
}

// Asks before something that cannot be undone.
export function sure(question, yes) {
  return new Promise((settle) => {
    const dialog = h("dialog", {},
      h("p", {}, question),
      h("div", { className: "row" },
        h("button", { className: "danger", onclick: () => { dialog.close("yes"); } }, yes),
        h("button", { onclick: () => dialog.close("no"), autofocus: true }, "Leave it")));
    dialog.addEventListener("close", () => { dialog.remove(); settle(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

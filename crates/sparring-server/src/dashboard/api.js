// Requests with the key of this tab. The key is kept in sessionStorage: it ends with the tab.

const KEY = "sparring-key";

export const key = () => sessionStorage.getItem(KEY) ?? "";

export function keep(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
  dispatchEvent(new Event("key"));
}

export const headers = () => (key() ? { "X-API-Key": key() } : {});

export class Refused extends Error {
  constructor(status, body) {
    const { message, remedy } = body ?? {};
    super(message ? `${message}; ${remedy}` : `the server answered ${status}`);
    this.status = status;
    this.code = body?.code;
  }
}

export async function fetched(path, { method = "GET", body, signal } = {}) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? headers() : { ...headers(), "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => null);
    if (answer.status === 401) dispatchEvent(new Event("locked"));
    throw new Refused(answer.status, told);
  }
  return answer;
}

export const ask = async (path, more) => (await fetched(path, more)).json();

// The id as a part of an address.
export const part = encodeURIComponent;

// Saves what an address gives; a link could not carry the key.
export async function save(path, name) {
  const blob = await (await fetched(path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

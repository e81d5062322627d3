// What the server tells second by second. EventSource sends no key, so the stream is read by hand.

import { headers } from "./api.js";

const hearers = new Map();
const last = new Map();

// Calls back with the latest of a name, if there was one, and with each to come; returns how to end it.
export function hear(name, heard) {
  if (!hearers.has(name)) hearers.set(name, new Set());
  hearers.get(name).add(heard);
  if (last.has(name)) heard(last.get(name));
  return () => hearers.get(name).delete(heard);
}

function tell(name, value) {
  last.set(name, value);
  for (const heard of hearers.get(name) ?? []) heard(value);
}

const samples = [];
export const history = () => samples;

function arrived(name, data) {
  const value = JSON.parse(data);
  if (name === "history") {
    samples.splice(0, samples.length, ...value);
    tell("history", samples);
  } else if (name === "sample") {
    samples.push(value);
    if (samples.length > 180) samples.shift();
    tell("sample", value);
  } else {
    tell(name, value);
  }
}

async function read(signal) {
  const answer = await fetch("/api/v1/live", { headers: headers(), signal });
  if (answer.status === 401) {
    dispatchEvent(new Event("locked"));
    throw new Error("a key is needed");
  }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  tell("connection", "live");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (kept + value).split("\n\n");
    kept = parts.pop();
    for (const text of parts) {
      let name = "message";
      let data = "";
      for (const line of text.split("\n")) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        if (line.startsWith("data:")) data += line.slice(5).trim();
      }
      if (data) arrived(name, data);
    }
  }
}

let stop = new AbortController();

export async function listen() {
  for (;;) {
    stop = new AbortController();
    try {
      await read(stop.signal);
      tell("connection", "the server ended the stream");
    } catch (error) {
      tell("connection", error.name === "AbortError" ? "connecting" : `not connected: ${error.message}`);
    }
    await new Promise((wake) => {
      const timer = setTimeout(wake, 2000);
      addEventListener("key", () => { clearTimeout(timer); wake(); }, { once: true });
    });
  }
}

addEventListener("key", () => stop.abort());

// The CSV of the list, with the rows that have come so far said while it comes. Without this script, or where the
// browser cannot read a body as it comes, the link is a plain download.

import { t } from "../words.js";

const part = document.querySelector("[data-export]");
const link = part?.querySelector("a");
const told = part?.querySelector("[role=status]");
const stop = part?.querySelector("[data-export-stop]");
const NEWLINE = 10;
const SAID_EVERY = 250;
let aborting = null;

link?.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || !("ReadableStream" in window)) return;
  event.preventDefault();
  if (!aborting) take();
});
stop?.addEventListener("click", () => aborting?.abort());

async function take() {
  aborting = new AbortController();
  stop.hidden = false;
  say(t("Asking for the rows …"));
  try {
    const response = await fetch(link.href, { signal: aborting.signal, cache: "no-store" });
    if (!response.ok || response.redirected) throw new Error(`${response.status}`);
    const { chunks, rows } = await read(response.body.getReader());
    save(new Blob(chunks, { type: "text/csv" }), nameOf(response));
    say(t("%(orders)s orders saved.", { orders: rows.toLocaleString("en") }));
  } catch (error) {
    say(error.name === "AbortError" ? t("Stopped; nothing was saved.") : t("The rows did not come whole. Try again."));
  } finally {
    aborting = null;
    stop.hidden = true;
  }
}

async function read(reader) {
  const chunks = [];
  let lines = 0;
  let bytes = 0;
  let said = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    bytes += part.value.length;
    for (let at = part.value.indexOf(NEWLINE); at >= 0; at = part.value.indexOf(NEWLINE, at + 1)) lines += 1;
    if (performance.now() - said < SAID_EVERY) continue;
    said = performance.now();
    const orders = Math.max(0, lines - 1).toLocaleString("en");
    say(t("%(orders)s orders so far, %(size)s MB", { orders, size: (bytes / 1e6).toFixed(1) }));
  }
  return { chunks, rows: Math.max(0, lines - 1) };
}

function save(blob, name) {
  const way = document.createElement("a");
  way.href = URL.createObjectURL(blob);
  way.download = name;
  way.click();
  setTimeout(() => URL.revokeObjectURL(way.href), 60_000);
}

function nameOf(response) {
  return /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "orders.csv";
}

function say(words) {
  told.hidden = false;
  told.textContent = words;
}

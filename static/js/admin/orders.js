// The list of orders: on its newest page, unfiltered and with nobody's pointer on it, it follows by itself. Anywhere
// else no row moves: rows that are shown change in place, and what is new waits behind one button. A row that left what
// the list was narrowed to stays, greyed, and shows its new state.

import { t, tn } from "../words.js";

const bar = document.getElementById("newer");
let held = null; // the list as it is now, while an older one is shown
let created = 0;
const heard = new Map(); // number -> the newest version that was told of

document.addEventListener("passline:drawing", (event) => {
  const { old, fresh } = event.detail;
  if (!old.matches(".pl-orders") || follows(old)) return;
  event.preventDefault();
  hold(old, fresh);
});
document.addEventListener("passline:drawn", ({ detail: { element } }) => {
  if (element.matches(".pl-orders")) forget(), count();
});
document.addEventListener("passline:event", ({ detail }) => {
  if (detail.name === "OrderCreated") created += 1;
  if (detail.number) heard.set(detail.number, Math.max(detail.version ?? 0, heard.get(detail.number) ?? 0));
});

function follows(list) {
  return (
    list.dataset.follows === "yes" &&
    window.scrollY < 200 &&
    !list.matches(":hover") &&
    !list.querySelector(".pl-cell-tick :checked") &&
    !list.contains(document.activeElement)
  );
}

function hold(list, fresh) {
  held = fresh;
  const rows = new Map([...fresh.querySelectorAll("tr[data-order-number]")].map((row) => [row.dataset.orderNumber, row]));
  for (const row of list.querySelectorAll("tr[data-order-number]")) {
    const now = rows.get(row.dataset.orderNumber);
    rows.delete(row.dataset.orderNumber);
    row.classList.toggle("pl-row-left", !now);
    if (now && isOther(now, row)) put(row, now.cloneNode(true));
    if (!now && heard.get(row.dataset.orderNumber) > Number(row.dataset.orderVersion)) redraw(list, row);
  }
  offer(list, rows.size);
  // A row that has changed comes without its tick: what was ticked was the order as it was.
  count();
}

/** The state of `row` as it is now, out of a list of this order alone. */
async function redraw(list, row) {
  const number = row.dataset.orderNumber;
  const url = new URL(list.dataset.fragment, window.location.href);
  url.search = new URLSearchParams({ q: number });
  const response = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (!response?.ok) return; // it stays as it was, greyed
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const now = template.content.querySelector(`tr[data-order-number="${CSS.escape(number)}"]`);
  if (!now || !row.isConnected || Number(now.dataset.orderVersion) <= Number(row.dataset.orderVersion)) return;
  row.querySelector(".pl-cell-state").replaceWith(now.querySelector(".pl-cell-state"));
  Object.assign(row.dataset, now.dataset);
}

/** Whether the order has changed, or its delivery calls for a person, or does no more. */
function isOther(now, row) {
  return ["orderVersion", "calls"].some((part) => now.dataset[part] !== row.dataset[part]);
}

function put(row, now) {
  const focused = row.contains(document.activeElement);
  row.replaceWith(now);
  now.classList.add("pl-row-fresh");
  if (focused) now.querySelector("a").focus({ preventScroll: true });
}

/** What is new: on the newest page what the fresh list has and ours has not, further down what was created since. */
function offer(list, news) {
  const newest = list.querySelector(".pl-pages [rel=first]");
  const count = newest ? (new URLSearchParams(window.location.search).size > 1 ? 0 : created) : news;
  bar.hidden = count === 0;
  if (count === 0) return bar.replaceChildren();
  const way = document.createElement(newest ? "a" : "button");
  way.className = "btn btn-primary";
  way.textContent = tn("%(n)s new order", "%(n)s new orders", count);
  if (newest) way.href = newest.href;
  else way.addEventListener("click", () => show(list));
  bar.replaceChildren(way);
}

function show(list) {
  list.replaceWith(held);
  forget();
  count();
  window.scrollTo({ top: 0 });
}

function forget() {
  held = null;
  created = 0;
  bar.hidden = true;
  bar.replaceChildren();
}

// Ticked orders, for one step with all of them.

const bulk = document.getElementById("bulk");
const all = bulk?.querySelector("[data-bulk-all]");
const ticks = () => [...document.querySelectorAll(".pl-cell-tick [name=order]")];

document.addEventListener("change", ({ target }) => {
  if (target === all) for (const tick of ticks()) tick.checked = all.checked;
  if (target === all || target.matches(".pl-cell-tick [name=order]")) count();
});

function count() {
  if (!bulk) return;
  const boxes = ticks();
  const ticked = boxes.filter((tick) => tick.checked).length;
  bulk.classList.toggle("pl-bulk-on", ticked > 0);
  bulk.querySelector("[data-bulk-count]").textContent = ticked === 0 ? t("None ticked") : t("%(n)s ticked", { n: ticked });
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
}

count();

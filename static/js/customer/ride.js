// The ride on the status page: the driver's marker on its map, and how many minutes it is away.
//
// Where the driver is comes from the page itself (`data-fix` on the order), with `ready`, and with each fix after that;
// the newest counts. The map outlives the order's fragment: it is carried over into each fresh one. A customer hears of
// all their orders in one room, so a fix counts for the order whose ticket it names.

import * as clocks from "../clocks.js";
import { t } from "../words.js";

const STALE_AFTER = 120_000; // ms: where somebody was longer ago is shown as such
const ICONS = { restaurant: "building-store", door: "home" };

let fix = null; // the newest that we know, of the ride on the page
let map = null; // {element, places}: the map that is open
let library = null; // the promise of map.js, asked for with the first map

const shown = () => document.querySelector(".pl-order[data-ride]");

export function start() {
  document.addEventListener("passline:fix", ({ detail: { data } }) => {
    if (String(data.ticket_id) === shown()?.dataset.ride) take(data);
  });
  document.addEventListener("passline:drawing", ({ detail: { old, fresh } }) => {
    const open = old.querySelector("[data-map]");
    if (open) fresh.querySelector("[data-map]")?.replaceWith(open);
  });
  document.addEventListener("passline:drawn", look);
  setInterval(draw, 1000);
  look();
}

/** What the page carries, now or after it was drawn anew. */
function look() {
  const order = shown();
  if (order) take(JSON.parse(order.dataset.fix));
  else fix = null;
  if (!document.querySelector(".pl-order [data-map]")) map = null;
}

/** What is older than what we know is not news, unless it is of another driver. */
function take(news) {
  if (fix && fix.driver_id === news.driver_id && seenAt(news) < seenAt(fix)) return;
  fix = news;
  draw();
  drawMap();
}

function seenAt({ last_location_updated_at: at }) {
  return at ? Date.parse(at) : 0;
}

/** Minutes away, and how old that is. Nothing is reckoned from where somebody was long ago. */
function draw() {
  const order = shown();
  if (!order || !fix) return;
  const age = clocks.now() - seenAt(fix);
  const isStale = fix.latitude !== null && age > STALE_AFTER;
  const away = order.querySelector("[data-away]");
  away.hidden = fix.minutes_away === null || isStale || order.dataset.arrived !== undefined;
  write(away.querySelector("[data-away-minutes]"), String(fix.minutes_away ?? ""));
  const seen = order.querySelector("[data-seen]");
  if (!seen) return;
  seen.hidden = !isStale;
  write(seen.querySelector("span"), t("Seen here %(n)s min ago", { n: Math.floor(age / 60_000) }));
  map?.places.mark("driver", "stale", isStale);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

async function drawMap() {
  const element = document.querySelector(".pl-order [data-map]");
  if (!element) return;
  library ??= import("../map.js");
  const { openMap } = await library;
  if (!element.isConnected || !fix) return;
  if (map?.element !== element) open(element, openMap(element));
  const order = shown();
  if (fix.latitude === null) return map.places.drop("driver");
  const isNew = !map.places.has("driver");
  map.places.move("driver", { ...fix, icon: "motorbike", label: order.dataset.driver, kind: "driver" });
  if (isNew) map.places.fit();
  else map.places.keepInView("driver");
  draw();
}

function open(element, places) {
  map = { element, places };
  const fixed = JSON.parse(element.closest("[data-places]").dataset.places);
  for (const [key, place] of Object.entries(fixed)) places.place(key, { ...place, icon: ICONS[key] });
  places.fit();
}

// The dispatch board: drivers move on the map and are heard of in the list; whoever chooses a driver is not disturbed.

import { refresh } from "../fragments.js";
import { Places } from "./places.js";

const BOARD = ".pl-dispatch";
const CHANNEL = "admin.dispatch";
// A list of drivers that is open would close when the board is drawn anew; after so long nobody is looking at it.
const CHOOSING_MS = 15_000;

const places = new Places(BOARD);
let choosing = 0; // until when

document.addEventListener("passline:fix", ({ detail: { channel, data } }) => channel === CHANNEL && moved(data));
// What happened in the channel before we were in it is on the board as it is now.
document.addEventListener("passline:subscribed", () => redraw());
document.addEventListener("passline:event", ({ detail }) => detail.name === "DriverDutyChanged" && redraw());

document.addEventListener("focusin", ({ target }) => (choosing = isChoice(target) ? Date.now() + CHOOSING_MS : 0));
for (const type of ["change", "focusout"]) document.addEventListener(type, ({ target }) => isChoice(target) && chosen());
document.addEventListener("passline:drawing", (event) => {
  if (!event.detail.old.matches(BOARD) || Date.now() >= choosing) return;
  event.preventDefault();
  setTimeout(redraw, choosing - Date.now());
});

function moved({ driver_id: id, driver_name: name, latitude, longitude, last_location_updated_at: at }) {
  const row = document.querySelector(`${BOARD} [data-driver="${id}"]`);
  if (!row || latitude === null) return;
  const kind = row.dataset.kind;
  places.move({ key: `driver-${id}`, latitude, longitude, at, icon: "motorbike", label: name, kind });
  const seen = row.querySelector("[data-counts-up]");
  if (!seen) return redraw();
  if (Date.parse(seen.dataset.countsUp) < Date.parse(at)) seen.dataset.countsUp = at;
}

function isChoice(element) {
  return element.matches(`${BOARD} select`);
}

function chosen() {
  if (choosing) redraw();
  choosing = 0;
}

function redraw() {
  refresh(document.querySelector(BOARD));
}

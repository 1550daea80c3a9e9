// Where the driver is, told to the server while on duty: as often as fixes.js says. What cannot be sent is kept for a
// quarter of an hour and sent first, oldest first. That there is no position is said, never hidden.

import * as clocks from "../clocks.js";
import { outcome, pause } from "./answers.js";
import { call } from "./calls.js";
import * as fixes from "./fixes.js";

const PATH = "/api/driver/location";
const LOOKS = 5000; // ms
const OPTIONS = { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 };

let changed = () => {};
let state = "off"; // off, seeking, shared, vague, none (no fix), refused (by the person), missing (no such thing)
let watch = null;
let looking = null; // timer
let isWanted = false;
let last = null; // what was worth telling last
let movedAt = 0;
let kept = []; // what waits to be sent, oldest first
let isSending = false;
let isLost = false; // the last one could not be sent
let tries = 0;
let timer = null;

export const now = () => ({ state, isLost: isLost && state === "shared" });

export function start(callback) {
  changed = callback;
  window.addEventListener("online", flush);
  document.addEventListener("passline:ready", flush);
  navigator.permissions?.query({ name: "geolocation" }).then((permission) => {
    permission.addEventListener("change", () => isWanted && permission.state === "granted" && begin());
  }, () => {});
}

/** On duty the phone says where it is, off duty it does not. */
export function want(wanted) {
  if (wanted === isWanted) return;
  isWanted = wanted;
  if (wanted) begin();
  else end();
}

function begin() {
  end();
  if (!("geolocation" in navigator)) return turn("missing");
  turn("seeking");
  watch = navigator.geolocation.watchPosition(take, lack, OPTIONS);
  looking = setInterval(look, LOOKS);
}

function end() {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  clearInterval(looking);
  clearTimeout(timer);
  watch = null;
  last = null;
  kept = [];
  turn("off");
}

function take({ coords: { latitude, longitude, accuracy, speed }, timestamp }) {
  if (!isWanted) return;
  if (accuracy > fixes.VAGUE) return turn("vague");
  // The phone's clock may be minutes off; the server's is told by the socket.
  const at = Math.min(clocks.now(), timestamp + clocks.now() - Date.now());
  const fix = { latitude, longitude, accuracy, speed, at };
  turn("shared");
  if (!fixes.isDue(last, fix, movedAt)) return;
  if (last === null || fixes.hasMoved(last, fix)) movedAt = last === null ? 0 : at;
  last = fix;
  kept = fixes.keep(kept, fix);
  flush();
}

/** A phone that lies still tells nothing by itself. */
function look() {
  if (last === null || clocks.now() - last.at < fixes.interval({ ...last, at: clocks.now() }, movedAt)) return;
  navigator.geolocation.getCurrentPosition(take, lack, OPTIONS);
}

function lack(error) {
  if (!isWanted) return;
  if (error.code === error.PERMISSION_DENIED) turn("refused");
  else if (last === null || clocks.now() - last.at > 2 * OPTIONS.timeout) turn("none");
}

function turn(to) {
  if (state === to) return;
  state = to;
  changed();
}

async function flush() {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  try {
    while (isWanted && kept.length && (await send(kept[0])));
  } finally {
    isSending = false;
  }
}

/** Whether the next one may go. */
async function send(fix) {
  const { latitude, longitude, accuracy, at } = fix;
  const answer = await call("POST", PATH, { latitude, longitude, accuracy, recorded_at: new Date(at).toISOString() });
  const what = outcome(answer);
  const isDone = what === "done" || what === "refused";
  if (isDone) {
    tries = 0;
    // What is not credible is of no use later either.
    kept = fixes.fresh(kept, clocks.now()).filter((other) => other !== fix);
  } else if (what === "later") {
    tries += 1;
    timer = setTimeout(flush, pause(tries));
  }
  if (isLost === isDone) {
    isLost = !isDone;
    changed();
  }
  return isDone;
}

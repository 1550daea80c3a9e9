// Times that run: `data-counts-down="<ISO>"` shows what is left (and with `data-over="late"` how late it is),
// `data-counts-up="<ISO>"` how long it has been, `data-counts-minutes="<ISO>"` about how many minutes there are left to
// what nobody knows to the second, `data-shows-at="<ISO>"` appears when it is time, `data-ages="<ISO>"` is an age with
// two levels of alert; by the server's clock, which `ready` and `beat` tell us, because a tablet by the stove may be
// minutes off.

import { t } from "./words.js";

let ahead = 0; // how far the server's clock is ahead of ours, ms
const SOON = 120;

/** The server's clock says `iso` now. */
export function set(iso) {
  const at = Date.parse(iso);
  if (!Number.isNaN(at)) ahead = at - Date.now();
}

/** The server's time now, in ms. */
export function now() {
  return Date.now() + ahead;
}

export function start() {
  draw();
  setInterval(draw, 1000);
  document.addEventListener("passline:drawn", draw);
  document.addEventListener("visibilitychange", draw);
}

function draw() {
  if (document.visibilityState === "hidden") return;
  for (const element of document.querySelectorAll("[data-counts-down]")) {
    const left = Math.ceil((Date.parse(element.dataset.countsDown) - now()) / 1000);
    show(element, left > 0 ? t("%(time)s left", { time: minutes(left) }) : over(element, -left));
    element.dataset.urgency = left <= 0 ? "over" : left <= SOON ? "soon" : "calm";
  }
  for (const element of document.querySelectorAll("[data-counts-up]")) {
    show(element, ago(Math.floor((now() - Date.parse(element.dataset.countsUp)) / 1000)));
  }
  for (const element of document.querySelectorAll("[data-counts-minutes]")) {
    const left = Math.round((Date.parse(element.dataset.countsMinutes) - now()) / 60_000);
    show(element, left > 0 ? t("about %(n)s min", { n: left }) : t("any moment"));
  }
  for (const element of document.querySelectorAll("[data-shows-at]")) {
    const early = now() < Date.parse(element.dataset.showsAt);
    if (element.hidden !== early) element.hidden = early;
  }
  for (const element of document.querySelectorAll("[data-ages]")) grow(element);
}

// What the levels are called: colour alone says nothing to some eyes, and little through steam.
const WORDS = { calm: "", warn: t("Hurry"), alarm: t("Too long") };

/** An age with its level, which its card (`data-level`) takes on. */
function grow(element) {
  const seconds = Math.floor((now() - Date.parse(element.dataset.ages)) / 1000);
  const passed = (minutes) => Number(minutes) > 0 && seconds >= minutes * 60;
  const level = passed(element.dataset.alarm) ? "alarm" : passed(element.dataset.warn) ? "warn" : "calm";
  show(element.querySelector("[data-age-time]"), ago(seconds));
  show(element.querySelector("[data-age-words]"), WORDS[level]);
  const card = element.closest("[data-level]");
  if (card && card.dataset.level !== level) card.dataset.level = level;
}

function over(element, seconds) {
  return element.dataset.over ? `${ago(seconds)} ${element.dataset.over}` : t("time is up");
}

// Only what differs is written: a screen of 200 cards is not laid out anew each second.
function show(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** 452 s: `7:32`; hours: `2 h 05`. */
function minutes(seconds) {
  if (seconds >= 3600) return hours(seconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function hours(seconds) {
  const rest = String(Math.floor((seconds % 3600) / 60)).padStart(2, "0");
  return t("%(hours)s h %(minutes)s", { hours: Math.floor(seconds / 3600), minutes: rest });
}

function ago(seconds) {
  if (seconds < 60) return t("%(n)s s", { n: Math.max(0, seconds) });
  if (seconds < 3600) return t("%(n)s min", { n: Math.floor(seconds / 60) });
  return seconds < 86400 ? hours(seconds) : t("%(n)s d", { n: Math.floor(seconds / 86400) });
}

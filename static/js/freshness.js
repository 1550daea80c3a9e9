// Whether this page may be believed, and saying so, in the line of the header that grows into a bar when it may not.
//
// The page is fresh while beats come ("everything up to here was written to you") and while no part of it waits for a
// fetch that fails. Ten seconds without that, and it is stale: body[data-live=stale], and forms.js acts no more.
// Timers of hidden tabs are slow, so what counts is when, never how many ticks.

import { t } from "./words.js";

const STALE_AFTER = 10_000;

const line = document.getElementById("live-line");
let heard = Date.now(); // the last proof that the page was up to date
let connection = "connecting"; // connecting, open, broken
let since = heard; // when the connection became what it is
let verdict = null; // what ends it for good: {text, way: "login" | "reload"}
const behind = new Map(); // parts whose fetch fails -> since when

export function connected() {
  turn("open");
}

export function disconnected() {
  if (connection !== "connecting") turn("broken");
}

function turn(to) {
  if (connection !== to) since = Date.now();
  connection = to;
  look();
}

export function beat() {
  heard = Date.now();
  look();
}

/** The part `key` of the page could not be fetched, or could be again. */
export function fellBehind(key) {
  if (!behind.has(key)) behind.set(key, Date.now());
  look();
}

export function caughtUp(key) {
  if (behind.delete(key)) look();
}

/** The gateway will not have us back: `text` is why; what to do is said by the way on. */
export function refused(text) {
  verdict ??= { text, way: document.querySelector('meta[name="passline-tracking"]') ? null : "login" };
  look();
}

/** Something was missed that only a reload brings. */
export function missed() {
  verdict ??= { text: t("This page has missed something."), way: "reload" };
  look();
}

/** Whether the page was known to be up to date within the last ten seconds. */
export function isRecent() {
  if (heard > Date.now()) heard = Date.now(); // the clock was set back
  return Date.now() - lastProof() < STALE_AFTER;
}

function lastProof() {
  return Math.min(heard, ...behind.values());
}

/** Whether what the page offers may still be pressed. */
export function isStale() {
  return verdict !== null || !isRecent();
}

export function start() {
  const count = document.createElement("span");
  count.setAttribute("aria-hidden", "true");
  line.replaceChildren(document.createElement("span"), count);
  line.hidden = false;
  look();
  setInterval(look, 500);
}

/** What the page is now; says it where that has changed. */
export function look() {
  const state = judge();
  if (document.body.dataset.live !== state) {
    document.body.dataset.live = state;
    line.dataset.liveState = state;
  }
  write(state);
}

function judge() {
  if (verdict) return verdict.way === "reload" ? "stale" : "refused";
  if (!isRecent()) return "stale";
  if (connection !== "open") return connection === "broken" ? "reconnecting" : "connecting";
  return behind.size ? "behind" : "live";
}

const WORDS = { live: t("Live"), connecting: t("Connecting"), reconnecting: t("Reconnecting"), behind: t("Catching up") };

function write(state) {
  const ended = state === "stale" || state === "refused";
  // The seconds are for the eye alone: a screen reader hears the words, once.
  const seconds = state === "reconnecting" ? t("%(n)s s", { n: Math.round((Date.now() - since) / 1000) }) : "";
  const [words, count, way] = line.children;
  put(words, ended ? [why(), ...(verdict ? [] : [trouble()])].join(" ") : WORDS[state]);
  put(count, seconds);
  const wanted = ended && (!verdict || verdict.way) ? wayOn() : null;
  if (way?.textContent === wanted?.textContent) return;
  way?.remove();
  if (wanted) line.append(wanted);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function trouble() {
  if (connection !== "open") return t("Trying to reconnect.");
  return behind.size ? t("A part of it could not be fetched.") : t("The connection is open, but no news comes.");
}

/** Why the page may not be acted on, in one sentence. */
export function why() {
  return verdict?.text ?? t("Not up to date since %(time)s.", { time: clock(lastProof()) });
}

/** Log in again, or reload: what a stale page asks for before anything is pressed. */
export function wayOn() {
  const login = verdict?.way === "login";
  const way = document.createElement(login ? "a" : "button");
  way.dataset.wayOn = "";
  way.textContent = login ? t("Log in again") : t("Reload");
  if (login) way.href = `/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
  else way.type = "button";
  if (!login) way.addEventListener("click", () => window.location.reload());
  return way;
}

function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB");
}

// Parts of the page that the server draws again: `data-fragment="<url>"`.
//
// With `data-order-number` and `data-order-version` it is one order: an event of a higher version has it fetched, and
// an answer replaces it unless it is older than what is shown or was asked for. With `data-fragment-lists` it is a
// list, of orders, payments or figures: any event has it fetched, an order's or not, once a second at most. What no event
// tells of is fetched so often as `data-fragment-every="<seconds>"` says, while somebody looks. When an admin has changed
// what may be done with orders, or a kitchen the settings of its board, all of these are fetched, one after the other,
// and what has `data-fragment-policy`; when the restaurant's mode or menu changed, what has `data-fragment-restaurant`.
// One fetch a fragment is under way; what fails is tried again, and meanwhile the page does not claim to be live.
//
// passline:drawing {old, fresh} comes before each replacement, and may prevent it; passline:drawn {element} after it.
// passline:gone {url, element} tells of one that is not there any more: whoever takes the element away prevents the
// default, which is to say that the page has to be reloaded.

import * as freshness from "./freshness.js";
import { replace } from "./keeping.js";
import { t } from "./words.js";

const LIST_REST = 1000;
const PATIENCE = 8000;
// Facts of an order that leave its version as it is.
const FACTS = new Set([
  "OrderCancellationRequested",
  "OrderStopAcknowledged",
  "OrderItemTicked",
  "DeliveryUpdated",
  "OrderPromiseMoved",
  "OrderDeadlineMoved",
]);
// Other rules, or other settings of the board: they show on every order.
const DECISIONS = new Set(["PolicyChanged", "BoardChanged"]);
// Between two fetches of a whole screen: 200 cards are not asked for at once by every tablet of every kitchen.
const APART = 30;

const jobs = new Map(); // url -> {wanted, rest, last, running, again, tries, timer}
const polled = new Map(); // url -> when it was last asked for by the clock
const waiting = new Map(); // url -> fresh element, while a finger is on the old one
let pressing = false;

export function start() {
  document.addEventListener("passline:event", ({ detail }) => heard(detail));
  document.addEventListener("passline:event", ({ detail }) => DECISIONS.has(detail.name) && decided());
  document.addEventListener("passline:event", ({ detail }) => detail.name === "RestaurantChanged" && redraw("[data-fragment-restaurant]"));
  // What is under a finger stays where it is until the finger is up and its click has been.
  document.addEventListener("pointerdown", () => (pressing = true), true);
  for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, () => setTimeout(release), true);
  // A list that is folded away is not fetched; it is when it unfolds.
  document.addEventListener("toggle", ({ target }) => target.open && refreshLists(target), true);
  poll();
  setInterval(poll, 1000);
}

function poll() {
  if (document.visibilityState === "hidden") return;
  const now = performance.now();
  for (const element of document.querySelectorAll("[data-fragment-every]")) {
    const { fragment: url, fragmentEvery: seconds } = element.dataset;
    if (!polled.has(url)) polled.set(url, now);
    if (now - polled.get(url) < seconds * 1000) continue;
    polled.set(url, now);
    refresh(element);
  }
}

/** Every order is drawn anew. */
function decided() {
  redraw(":is([data-order-number], [data-fragment-policy])");
  refreshLists(document);
}

/** Fetch every fragment that `which` selects, one after the other. */
function redraw(which) {
  const all = document.querySelectorAll(`[data-fragment]${which}`);
  [...all].forEach((element, place) => setTimeout(() => shown(element.dataset.fragment) && refresh(element), place * APART));
}

function heard({ name, number, version }) {
  for (const element of number ? shownOf(number) : []) {
    if (FACTS.has(name)) refresh(element);
    else if (version > versionOf(element)) refresh(element, version);
  }
  refreshLists(document);
}

function shownOf(number) {
  return document.querySelectorAll(`[data-fragment][data-order-number="${CSS.escape(number)}"]`);
}

function refreshLists(within) {
  for (const list of within.querySelectorAll("[data-fragment][data-fragment-lists]")) {
    if (!list.closest("details:not([open])")) refresh(list);
  }
}

/** Fetch `element` anew. With a `version`: until the answer shows that much of its order, and not if that is under way. */
export function refresh(element, version = 0) {
  fetchInto(element.dataset.fragment, version, element.hasAttribute("data-fragment-lists") ? LIST_REST : 0);
}

/** The same for a fragment that is not on the page yet; `passline:fetched {url, element}` brings it. */
export function fetchNew(url, version = 0) {
  fetchInto(url, version, 0);
}

function fetchInto(url, version, rest) {
  const job = jobs.get(url) ?? { wanted: 0, rest, last: -rest, running: false, again: false, tries: 0, timer: null };
  jobs.set(url, job);
  const isUnderWay = job.running && version > 0 && version <= job.wanted;
  job.wanted = Math.max(job.wanted, version);
  if (job.running) job.again ||= !isUnderWay;
  else if (job.timer === null) wait(url, job, Math.max(0, job.last + rest - performance.now()));
}

function wait(url, job, ms) {
  job.timer = setTimeout(() => run(url, job), ms);
}

async function run(url, job) {
  Object.assign(job, { running: true, again: false, timer: null, last: performance.now() });
  try {
    const fresh = await fetched(url, job.wanted);
    job.tries = 0;
    freshness.caughtUp(url);
    if (fresh) put(url, fresh);
  } catch (error) {
    failed(url, job, error);
  } finally {
    job.running = false;
  }
  if (job.timer !== null) return;
  if (job.again) wait(url, job, job.rest);
  else if (!job.rest) jobs.delete(url);
}

/** The fragment as it is now; null when it is gone or may not be seen any more. */
async function fetched(url, wanted) {
  const response = await fetch(url, {
    headers: { Accept: "text/html" },
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.redirected && new URL(response.url).pathname === "/login") {
    freshness.refused(t("You are not logged in any more."));
    return null;
  }
  if (response.status === 404 || response.status === 410) {
    gone(url);
    return null;
  }
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const fresh = parsed(await response.text());
  if (!fresh) throw new Error(`${url}: no fragment`);
  if (versionOf(fresh) < wanted) throw new Error(`${url}: version ${versionOf(fresh)}, wanted ${wanted}`);
  return fresh;
}

function failed(url, job, error) {
  job.tries += 1;
  freshness.fellBehind(url);
  console.warn("passline: a fragment could not be fetched, trying again", error);
  const backoff = Math.min(10_000, 250 * 2 ** job.tries);
  wait(url, job, backoff * (0.5 + Math.random() / 2));
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.querySelector("[data-fragment]");
}

function put(url, fresh) {
  const old = shown(url);
  if (!old) {
    tell("fetched", { url, element: fresh });
    // Whoever waited for it has put it onto the page, or has no place for it.
    return fresh.isConnected && tell("drawn", { element: fresh });
  }
  if (versionOf(fresh) < versionOf(old)) return;
  if (pressing && old.matches(":active")) return waiting.set(url, fresh);
  if (tell("drawing", { old, fresh })) tell("drawn", { element: replace(old, fresh) });
}

function release() {
  pressing = false;
  for (const [url, fresh] of waiting) {
    waiting.delete(url);
    put(url, fresh);
  }
}

function gone(url) {
  if (tell("gone", { url, element: shown(url) })) freshness.missed();
}

function shown(url) {
  return document.querySelector(`[data-fragment="${CSS.escape(url)}"]`);
}

function versionOf(element) {
  return Number(element.dataset.orderVersion ?? 0);
}

function tell(type, detail) {
  return document.dispatchEvent(new CustomEvent(`passline:${type}`, { detail, cancelable: true }));
}

// The offer, over the whole screen: it rings, shakes and counts down by the server's clock until it is answered or its
// time is up. What it says comes with the list; that it is over may be known here first.

import * as clocks from "../clocks.js";
import * as ringing from "../ringing.js";
import { t } from "../words.js";
import { distance, items, money, readiness } from "./formats.js";
import { settle } from "./settling.js";
import { fill } from "./slots.js";

const SHAKES = [500, 200, 500, 200, 500];
const SHAKES_EVERY = 3500; // ms
const TICK = 200;
const SOON = 10_000; // ms
const HERE = 50; // m

const dialog = document.getElementById("offer");
const ring = dialog.querySelector(".pl-offer-ring");
let shown = null; // the ticket that is offered
let ranOut = () => {};
let isAnswered = false; // and the answer is on its way
let ticking = null;
let shaking = null;

/** `answer(ticket, verb)` is called for what is pressed, `lapsed(ticket)` when nothing was. */
export function start({ answer, lapsed }) {
  ranOut = lapsed;
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("click", ({ target }) => {
    const verb = target.closest("[data-answer]")?.dataset.answer;
    if (verb && shown && !isAnswered) answer(shown, verb);
  });
}

/** Whether `ticket` is offered to this driver, and there is time left. */
export function isOpen({ offer }) {
  return offer?.status === "open" && left(offer) > 0;
}

/** Show the offer of `ticket`, or none (null); `isSent`: it was accepted, and the server was not told yet. */
export function show(ticket, { isSent = false, isHeldUp = false } = {}) {
  if (ticket === null) return close();
  const isNew = shown?.offer.id !== ticket.offer.id;
  shown = ticket;
  isAnswered = isSent;
  draw(ticket, isHeldUp);
  if (isNew) open();
  call(!isSent);
}

function draw(ticket, isHeldUp) {
  const { offer, restaurant, order, currency } = ticket;
  const cash = money(order.to_collect_minor, currency);
  const sending = isHeldUp ? t("No connection: it is sent as soon as there is one.") : t("Sending your answer …");
  fill(dialog, {
    seconds: seconds(offer),
    pay: money(ticket.pay_minor, currency),
    restaurant: restaurant.name,
    counter: restaurant.address,
    fetch: fromHere(offer.distance_m),
    drop: ticket.location,
    ride: distance(ticket.distance_m),
    reason: offer.reason,
    items: items(order),
    ready: readiness(order, ticket.ready_at),
    cash: order.to_collect_minor > 0 ? t("Collect %(money)s in cash", { money: cash }) : null,
    sending: isAnswered ? sending : null,
  });
  for (const button of dialog.querySelectorAll("[data-answer]")) button.disabled = isAnswered;
}

function fromHere(metres) {
  if (metres === null) return null;
  return metres < HERE ? t("you are there") : t("%(distance)s from you", { distance: distance(metres) });
}

function open() {
  if (!dialog.open) dialog.showModal();
  settle(dialog);
  clearInterval(ticking);
  ticking = setInterval(tick, TICK);
  ringing.again();
  tick();
}

function close() {
  if (shown === null) return;
  shown = null;
  clearInterval(ticking);
  call(false);
  dialog.close();
}

function tick() {
  const { offer } = shown;
  ring.style.setProperty("--left", left(offer) / lasts(offer));
  ring.dataset.urgency = left(offer) < SOON ? "soon" : "calm";
  fill(ring, { seconds: seconds(offer) });
  if (left(offer) > 0) return;
  const ticket = shown;
  close();
  ranOut(ticket);
}

const lasts = (offer) => Date.parse(offer.lapses_at) - Date.parse(offer.offered_at);

/** What is left of the time to answer, ms. */
function left(offer) {
  return Math.max(0, Math.min(lasts(offer), Date.parse(offer.lapses_at) - clocks.now()));
}

const seconds = (offer) => Math.ceil(left(offer) / 1000);

function call(wanted) {
  ringing.call(wanted);
  if (wanted === (shaking !== null)) return;
  clearInterval(shaking);
  shaking = null;
  shake(wanted ? SHAKES : 0);
  if (wanted) shaking = setInterval(shake, SHAKES_EVERY, SHAKES);
}

/** Where the browser can, and has seen a gesture. */
function shake(pattern) {
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern);
}

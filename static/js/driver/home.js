// The driver's phone: what the server has (tickets.js), what it was not told yet (outbox.js) and where the phone is
// (location.js) become one picture: an offer, a delivery with its next step, or the duty. What is pressed goes to
// doings.js.

import * as freshness from "../freshness.js";
import { replace } from "../keeping.js";
import * as ringing from "../ringing.js";
import * as asks from "./asks.js";
import * as awake from "./awake.js";
import * as bar from "./bar.js";
import * as doings from "./doings.js";
import * as location from "./location.js";
import * as notices from "./notices.js";
import * as offer from "./offer.js";
import * as outbox from "./outbox.js";
import * as picture from "./picture.js";
import { ride } from "./ride.js";
import * as shell from "./shell.js";
import * as shelves from "./shelves.js";
import * as tickets from "./tickets.js";

const page = document.getElementById("driver");
const person = Number(page.dataset.person);
// Nobody tells a driver that a delivery waits, or that the gateway is away: the list is looked at.
const LOOKS = 60_000; // ms
const LOOKS_WHEN_STALE = 10_000;

let lookedAt = Date.now();
let canRing = false;
const drawn = new Map(); // part -> what it was drawn from

document.addEventListener("passline:event", ({ detail: { name, data } }) => {
  if (name === "TicketCancelled") doings.calledOff(data.ticket);
  if (name.startsWith("Ticket") || name === "DriverDutyChanged") tickets.refresh();
});
document.addEventListener("passline:ready", () => tickets.refresh());
window.addEventListener("online", () => tickets.refresh());
// Whoever logs out leaves no addresses behind, here or on another page (leaving.js). What was not sent stays: it is sent when they are back.
document.addEventListener("submit", ({ target }) => target.action.includes("/logout") && forget());
page.addEventListener("click", ({ target }) => {
  if (target.closest("[data-give-up]")) doings.giveUp(picture.of(tickets.now()).ticket);
});
setInterval(look, LOOKS_WHEN_STALE);

asks.start();
offer.start({ answer: doings.answer, lapsed: doings.lapsed });
bar.start({ step: doings.step, duty: doings.duty });
shelves.start(doings.take);
location.start(draw);
outbox.start(person, { changed: draw, sent, refused });
tickets.start(person, draw);
shell.start();

function forget() {
  tickets.forget();
  shell.forget();
}

function sent(ticket) {
  tickets.put(ticket);
  tickets.refresh();
}

function refused() {
  draw();
  tickets.refresh();
}

function look() {
  const isIdle = picture.of(tickets.now()).state === "idle" && document.visibilityState === "visible";
  if (freshness.isRecent() && !(isIdle && Date.now() - lookedAt > LOOKS)) return;
  lookedAt = Date.now();
  tickets.refresh();
}

function draw() {
  const now = picture.of(tickets.now());
  const { state, duty, ticket } = now;
  const isHeldUp = outbox.isHeldUp();
  page.dataset.state = state;
  location.want(duty.on || state === "ride");
  awake.want(duty.on);
  if (duty.on) letItRing();
  put("notices", [outbox.refusals(), isHeldUp && outbox.waiting(), location.now()], notices.all);
  put("ride", ticket, (delivery) => (delivery ? [ride(delivery)] : []));
  put("duty", state === "idle" || state === "off" ? duty : null, shelves.duty);
  put("waiting", now.waiting, shelves.waiting);
  put("done", now.done, shelves.done);
  bar.show(now);
  offer.show(now.offered, { isSent: now.isAccepted, isHeldUp });
}

/** Draw a part anew where what it is drawn from has changed. */
function put(name, from, make) {
  const key = JSON.stringify(from);
  if (drawn.get(name) === key) return;
  drawn.set(name, key);
  const old = page.querySelector(`[data-part="${name}"]`);
  const fresh = old.cloneNode(false);
  fresh.append(...make(from));
  replace(old, fresh);
}

/** Going on duty is the gesture that a browser wants before it rings; a page that was reloaded asks for another. */
function letItRing() {
  if (canRing) return;
  canRing = true;
  ringing.start();
}

// What the driver did, kept on the phone until the server has it. Each step has the phone's time, the version that it
// will find, and a key that makes saying it twice harmless; they are sent one by one, in order.
//
// What cannot be sent is tried again: by a timer, when the network is back, when the socket is. What is refused stays,
// with the reason, until the driver has read it; what was to follow it on the same ticket is dropped.

import * as clocks from "../clocks.js";
import * as freshness from "../freshness.js";
import { t } from "../words.js";
import { outcome, pause, sentence } from "./answers.js";
import { call } from "./calls.js";
import { ahead } from "./steps.js";
import * as store from "./store.js";

// Whoever waits for the answer is told to go on after so long.
const PATIENCE = 6000; // ms

let driver = null;
let steps = []; // {n, key, driver, ticket {id, number: of the order}, verb, at, body, refused?, dropped?}, oldest first
let told = {}; // changed(), sent(ticket), refused()
let tries = 0; // in a row that failed
let timer = null;
let isSending = false;
const awaited = new Map(); // n -> resolve

/** Read what is kept of this driver; `changed`, `sent` and `refused` are called from now on. */
export async function start(person, callbacks) {
  driver = person;
  told = callbacks;
  steps = (await store.all("steps")).filter((step) => step.driver === person);
  window.addEventListener("online", flush);
  document.addEventListener("passline:ready", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  told.changed();
  flush();
}

/** The steps that wait to be sent, of one ticket or of all. */
export function waiting(ticketId = null) {
  return steps.filter((step) => !step.refused && (ticketId === null || step.ticket.id === ticketId));
}

export const refusals = () => steps.filter((step) => step.refused);

/** Whether sending was tried and failed, so that what waits is worth a word. */
export const isHeldUp = () => tries > 0 && waiting().length > 0;

/**
 * The driver did `verb` with `ticket`, just now. Answers {outcome: `done`, `refused` or `kept`, sentence}: `kept` as
 * soon as it cannot be sent at once. Whoever ignores the answer finds a refusal in `refusals`.
 */
export async function add(ticket, verb, body = {}, { isAwaited = false } = {}) {
  if (waiting(ticket.id).some((step) => step.verb === verb)) return { outcome: "kept" };
  const at = new Date(clocks.now()).toISOString();
  const step = {
    key: key(),
    driver,
    ticket: { id: ticket.id, number: ticket.order.number },
    verb,
    at,
    body: { ...body, ...expected(ticket, verb), occurred_at: at },
  };
  steps.push(step);
  told.changed();
  step.n = await store.put("steps", step);
  const answer = isAwaited ? answerTo(step) : { outcome: "kept" };
  flush();
  return answer;
}

/** The version that a step will find. What is said to an offer is judged by the offer, whatever the ticket became. */
function expected(ticket, verb) {
  if (verb === "accept" || verb === "decline") return {};
  return { expected_version: ahead(ticket, waiting(ticket.id)).version };
}

/** The driver has read why it was refused. */
export function dismiss(step) {
  forget(step);
  told.changed();
}

/** Send what waits, now. */
export async function flush() {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  try {
    for (let step = next(); step && (await send(step)); step = next());
  } finally {
    isSending = false;
  }
}

// What is not on the disk yet is sent when it is.
const next = () => waiting().find((step) => step.n !== undefined);

/** Whether the next one may go. */
async function send(step) {
  const { verb, ticket, body } = step;
  const answer = await call("POST", `/api/driver/tickets/${ticket.id}/${verb}`, body, { "Idempotency-Key": step.key });
  const what = outcome(answer);
  if (what === "done") done(step, answer.document);
  else if (what === "refused") refuse(step, sentence(answer));
  else hold(step, what);
  return what === "done" || what === "refused";
}

function done(step, ticket) {
  tries = 0;
  forget(step);
  tell(step, { outcome: "done" });
  told.sent(ticket);
}

function refuse(step, why) {
  tries = 0;
  const followers = waiting(step.ticket.id).filter((other) => other !== step);
  for (const other of followers) {
    forget(other);
    tell(other, { outcome: "refused", sentence: why });
  }
  if (awaited.has(step.n)) {
    forget(step);
    tell(step, { outcome: "refused", sentence: why });
  } else {
    Object.assign(step, { refused: why, dropped: followers.map(({ verb }) => verb) });
    store.put("steps", step);
  }
  told.refused();
}

function hold(step, what) {
  tries += 1;
  for (const each of waiting()) tell(each, { outcome: "kept" });
  if (what === "login") freshness.refused(t("You are not logged in any more."));
  else if (what === "reload") freshness.missed();
  else timer = setTimeout(flush, pause(tries));
  told.changed();
}

function forget(step) {
  steps = steps.filter((other) => other !== step);
  if (step.n !== undefined) store.remove("steps", step.n);
}

function answerTo(step) {
  return new Promise((resolve) => {
    awaited.set(step.n, resolve);
    setTimeout(() => tell(step, { outcome: "kept" }), PATIENCE);
  });
}

function tell(step, answer) {
  awaited.get(step.n)?.(answer);
  awaited.delete(step.n);
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

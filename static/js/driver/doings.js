// What the driver does, from the press to the outbox.

import * as clocks from "../clocks.js";
import * as ringing from "../ringing.js";
import { forget, toast } from "../toasts.js";
import { t } from "../words.js";
import { outcome, sentence } from "./answers.js";
import * as asks from "./asks.js";
import { call } from "./calls.js";
import { money } from "./formats.js";
import * as outbox from "./outbox.js";
import * as picture from "./picture.js";
import { ahead, isUnderWay, isWithTheFood, NEXT } from "./steps.js";
import * as tickets from "./tickets.js";

// Two clocks that differ by less say the same.
const SAME = 2000; // ms

/** On duty or off. The press lets the phone ring from now on. */
export async function duty(on) {
  const answer = await call("POST", "/api/driver/duty", { on });
  const what = outcome(answer);
  const still = on ? t("You are still off duty. Try again.") : t("You are still on duty. Try again.");
  if (what === "done") tickets.putDuty(answer.document);
  else if (what === "refused") toast({ kind: "warning", title: t("Not changed"), text: sentence(answer) });
  else toast({ kind: "danger", title: t("No connection"), text: still });
  await tickets.refresh();
}

/** Accept or decline what is offered. */
export async function answer(ticket, verb) {
  if (verb === "decline") picture.end(ticket.offer.id);
  await said(ticket, verb);
}

/** Take one that waits for anybody. */
export const take = (ticket) => said(ticket, "accept");

async function said(ticket, verb) {
  const { outcome: what, sentence: why } = await outbox.add(ticket, verb, {}, { isAwaited: true });
  if (what !== "refused") return;
  if (ticket.offer) picture.end(ticket.offer.id);
  if (verb === "decline") return; // too late to say no is no news
  toast({ kind: "warning", title: t("Not yours"), text: why, stays: true, about: ticket.ticket_id });
}

/** Nobody has answered in time; or the answer waits for a connection, and its refusal will say so. */
export function lapsed({ id, ticket_id: number, offer }) {
  picture.end(offer.id);
  tickets.refresh();
  if (outbox.waiting(id).length) return;
  const text = t("Another driver is asked. After three in a row you are set off duty.");
  toast({ kind: "warning", title: t("The offer ran out"), text, stays: true, about: number });
}

/** It was taken from the driver: said aloud, should they be on the way. */
export function calledOff({ id, ticket_id: about, status }) {
  const ticket = tickets.now()?.items.find((one) => one.id === id);
  if (!ticket) return;
  const waits = outbox.waiting(id);
  const isRidden = isUnderWay(ahead(ticket, waits));
  const isAsked = ticket.offer?.status === "open" && !picture.isOver(ticket.offer.id) && waits.length === 0;
  if (!isRidden && !isAsked) return;
  const isOver = isAsked && Date.parse(ticket.offer.lapses_at) - clocks.now() < SAME;
  if (isOver && status !== "cancelled") return lapsed(ticket);
  ringing.ring();
  const text = status === "cancelled" ? t("The order was cancelled.") : t("The dispatcher gives it to somebody else.");
  toast({ kind: "danger", title: t("%(number)s was called off", { number: ticket.order.number }), text, stays: true, about });
}

/** The next step of the delivery under way: done at once, or after its sheet was filled in. */
export function step(ticket) {
  forget(ticket.ticket_id);
  const { verb, asks: wanted } = NEXT[ticket.status];
  if (wanted === "code") askForHandover(ticket, verb);
  else if (wanted === "proof" && ticket.drop_proof !== "none") askForProof(ticket, verb);
  else outbox.add(known(ticket), verb);
}

/** It cannot be done. */
export function giveUp(ticket) {
  const hasFood = isWithTheFood(ticket);
  const title = hasFood ? t("It cannot be delivered") : t("You cannot do this one");
  const hint = hasFood ? t("Then take it back to the restaurant.") : t("Another driver is looked for at once.");
  const sheet = hasFood ? "reason-after" : "reason-before";
  asks.ask(sheet, "failed", { title, hint }, (values) => send(ticket, "failed", values));
}

function askForHandover(ticket, verb) {
  const { restaurant, order } = ticket;
  const number = order.number.slice(-4);
  const hint = t("%(restaurant)s says the hand-over code of order %(number)s.", { restaurant: restaurant.name, number });
  const said = { title: t("Hand-over code"), hint, cash: null };
  asks.ask("code", verb, said, ({ code }) => send(ticket, verb, { handover_code: code }));
}

function askForProof(ticket, verb) {
  const { order, currency, drop_proof: proof } = ticket;
  const sum = money(order.to_collect_minor, currency);
  const cash = order.to_collect_minor > 0 ? t("Collect %(money)s in cash.", { money: sum }) : null;
  const [title, hint] = {
    code: [t("The guest’s code"), t("It stands on the guest’s page: four digits.")],
    photo: [t("A photograph"), t("Show what you left, and where.")],
    note: [t("Where did you leave it?"), t("The restaurant asks for a note.")],
  }[proof];
  asks.ask(proof, verb, { title, hint, cash }, (values) => {
    return send(ticket, verb, proof === "code" ? { drop_code: values.code } : values);
  });
}

const send = (ticket, verb, body) => outbox.add(known(ticket), verb, body, { isAwaited: true });

/** The ticket as the server has it (`ticket` may be ahead of that); where it is gone, the server will refuse. */
const known = (ticket) => tickets.now().items.find(({ id }) => id === ticket.id) ?? ticket;

// What there is to show: the server's list, moved on by the steps that it was not told yet. Nothing here draws.

import * as clocks from "../clocks.js";
import { dayBegan } from "./formats.js";
import { isOpen } from "./offer.js";
import * as outbox from "./outbox.js";
import { ahead, isUnderWay } from "./steps.js";

const DONE = new Set(["delivered", "returned"]);
const OFF = { on: false, reason: null, message: "" };
// Offers whose end was known here before the server said so.
const over = new Set();

/** The offer with this id is over. */
export const end = (id) => over.add(id);
export const isOver = (id) => over.has(id);

/** The page's state (`loading`, `off`, `idle`, `ride`), the duty, the ticket under way, the offer, and both lists. */
export function of(list) {
  if (list === null) return { state: "loading", duty: OFF, ticket: null, offered: null, waiting: [], done: [] };
  const items = list.items.filter((ticket) => !isAnswered(ticket)).map(moved);
  const ticket = items.find(isUnderWay) ?? null;
  const offered = list.items.find((each) => isOpen(each) && !over.has(each.offer.id) && !isDeclined(each)) ?? null;
  const state = ticket ? "ride" : list.duty.on ? "idle" : "off";
  return {
    state,
    duty: list.duty,
    ticket,
    offered,
    isAccepted: offered !== null && isAnswered(offered),
    waiting: state === "idle" ? list.waiting.map((each) => ({ ...each, isTaken: isAnswered(each) })) : [],
    done: items.filter(isOfToday),
  };
}

const moved = (ticket) => ahead(ticket, outbox.waiting(ticket.id));

const said = (ticket, verb) => outbox.waiting(ticket.id).some((step) => step.verb === verb);
// Accepted is what the server says is: somebody else may have been faster.
const isAnswered = (ticket) => said(ticket, "accept");
const isDeclined = (ticket) => said(ticket, "decline");

function isOfToday(ticket) {
  const isNew = outbox.waiting(ticket.id).length > 0 || Date.parse(ticket.changed_at) >= dayBegan(clocks.now());
  return isNew && DONE.has(ticket.status);
}

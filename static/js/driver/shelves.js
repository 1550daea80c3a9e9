// The lists under what is going on: deliveries that wait for anybody, and what was done today; and the duty in words.

import { t } from "../words.js";
import { clock, distance, items, money, readiness } from "./formats.js";
import { draw } from "./slots.js";

let offered = []; // what waits, as it is drawn

/** `take(ticket)` is called for one that the driver takes. */
export function start(take) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-take]");
    const ticket = button && offered.find(({ id }) => id === Number(button.dataset.take));
    if (ticket && !ticket.isTaken) take(ticket);
  });
}

export function duty(said) {
  if (said === null) return [];
  const isOwn = said.reason === null || said.reason === "self";
  return [said.on ? draw("draw-on-duty") : draw("draw-off-duty", { why: isOwn ? null : said.message })];
}

export function waiting(tickets) {
  offered = tickets;
  return tickets.length ? [draw("draw-waiting", { rows: tickets.map(waitingRow) })] : [];
}

function waitingRow(ticket) {
  const row = draw("draw-waiting-row", {
    restaurant: ticket.restaurant.name,
    counter: ticket.restaurant.address,
    drop: ticket.location,
    pay: money(ticket.pay_minor, ticket.currency),
    ride: distance(ticket.distance_m),
    items: items(ticket.order),
    ready: readiness(ticket.order, ticket.ready_at),
    words: ticket.isTaken ? t("Asking …") : t("Take it"),
  });
  const button = row.querySelector("button");
  button.dataset.take = ticket.id;
  button.disabled = ticket.isTaken;
  return row;
}

export function done(tickets) {
  if (!tickets.length) return [];
  return [draw("draw-done", { count: `${tickets.length}`, earned: earned(tickets), rows: tickets.map(doneRow) })];
}

function doneRow(ticket) {
  const { status, changed_at: at, restaurant, location, pay_minor: pay, currency } = ticket;
  return draw("draw-done-row", {
    at: clock(at),
    restaurant: restaurant.name,
    drop: location,
    pay: money(pay, currency),
    returned: status === "returned",
  });
}

/** What they pay together, currency by currency. */
function earned(tickets) {
  const sums = new Map();
  for (const { pay_minor: pay, currency } of tickets) sums.set(currency, (sums.get(currency) ?? 0) + pay);
  return [...sums].map(([currency, sum]) => money(sum, currency)).join(" + ");
}

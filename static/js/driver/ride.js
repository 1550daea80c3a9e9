// The delivery under way, drawn: where to go now, whom to call, what to bring and to collect.

import { t } from "../words.js";
import { clock, directions, items, money, readiness } from "./formats.js";
import { draw } from "./slots.js";
import { goesBack, isWithTheFood } from "./steps.js";

const WAY = ["assigned", "at_pickup", "picked_up", "at_dropoff"];

/** `ticket` as the driver sees it. */
export function ride(ticket) {
  const isBound = isWithTheFood(ticket);
  const [here, there] = isBound ? [drop(ticket), counter(ticket)] : [counter(ticket), drop(ticket)];
  const element = draw("draw-ride", {
    headline: HEADLINES[ticket.status](ticket),
    number: number(ticket.order.number),
    items: items(ticket.order),
    ready: isBound || goesBack(ticket) ? null : readiness(ticket.order, ticket.ready_at),
    promised: isBound && ticket.promised_by ? t("Promised by %(time)s", { time: clock(ticket.promised_by) }) : null,
    cash: isBound && ticket.order.to_collect_minor > 0 ? money(ticket.order.to_collect_minor, ticket.currency) : null,
    note: isBound ? ticket.order.note : null,
    back: goesBack(ticket),
    forth: !goesBack(ticket),
    gives_up: !goesBack(ticket),
    here: draw("draw-place", here),
    there: draw("draw-place", there),
  });
  element.dataset.state = ticket.status;
  mark(element, WAY.indexOf(ticket.status));
  return element;
}

const HEADLINES = {
  assigned: ({ restaurant }) => t("Ride to %(place)s", { place: restaurant.name }),
  at_pickup: ({ restaurant }) => t("Collect at %(place)s", { place: restaurant.name }),
  picked_up: ({ customer }) => t("Ride to %(place)s", { place: customer.name }),
  at_dropoff: ({ customer }) => t("Hand it to %(place)s", { place: customer.name }),
  failed: ({ restaurant }) => t("Take it back to %(place)s", { place: restaurant.name }),
  returning: ({ restaurant }) => t("Back to %(place)s", { place: restaurant.name }),
};

function counter({ restaurant }) {
  return {
    what: t("Restaurant"),
    name: restaurant.name,
    address: restaurant.address,
    call: telephone(restaurant.phone),
    way: restaurant.latitude !== null || restaurant.address ? directions(restaurant) : null,
  };
}

function drop(ticket) {
  const { customer, location: address, latitude, longitude } = ticket;
  return {
    what: t("Guest"),
    name: customer.name,
    address,
    call: telephone(customer.phone),
    way: goesBack(ticket) ? null : directions({ latitude, longitude, address }),
  };
}

/** A phone that is masked cannot be called. */
function telephone(phone) {
  return phone && /^[+\d\s()-]+$/.test(phone) ? `tel:${phone.replace(/[^+\d]/g, "")}` : null;
}

/** The end of a number is what people call out across the counter. */
function number(text) {
  const end = document.createElement("b");
  end.textContent = text.slice(-4);
  return [text.slice(0, -4), end];
}

function mark(element, at) {
  for (const [n, step] of [...element.querySelectorAll("[data-way] > li")].entries()) {
    step.dataset.is = n < at ? "done" : n === at ? "now" : "next";
    if (n === at) step.setAttribute("aria-current", "step");
  }
}

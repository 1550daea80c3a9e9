// The board: each order's card is a fragment; here a fresh card is put into its column, in its place, and the bell
// rings for as long as anything is new or has to be stopped. What a card may do is the server's business; keys.js presses its buttons.

import { fetchNew } from "../fragments.js";
import * as ringing from "../ringing.js";
import { forget, toast } from "../toasts.js";
import { t } from "../words.js";
import * as below from "./below.js";
import * as full from "./full.js";
import * as keys from "./keys.js";
import * as steady from "./steady.js";

const board = document.querySelector(".pl-board");
// Received, and not drawn yet: the bell rings for these too, should the card be long in coming.
const expected = new Set();

document.addEventListener("passline:event", ({ detail }) => {
  if (!detail.number) return;
  if (!cardOf(detail.number)) fetchNew(urlOf(detail.number), detail.version);
  if (detail.name === "OrderReceived") received(detail.data.order);
  if (detail.name === "OrderCancellationRequested") asked(detail.data);
  if (detail.name === "OrderStatusChanged") changed(detail.data);
  if (detail.name === "OrderPromiseMoved" || detail.name === "OrderDeadlineMoved") moved(detail.number);
  if (detail.name === "DeliveryUpdated" && detail.data.ticket?.status === "at_pickup") arrived(detail.number);
});
document.addEventListener("passline:fetched", (event) => drawn(event.detail.element));
document.addEventListener("passline:drawn", (event) => drawn(event.detail.element));
document.addEventListener("passline:gone", (event) => {
  event.preventDefault();
  event.detail.element?.remove();
  expected.delete(event.detail.url);
  settle();
});

ringing.start();
keys.start();
full.start();
steady.start();
below.start();
settle();

/** Put a fresh card where it belongs, or take it off the board. */
function drawn(card) {
  if (!card.matches(".pl-ticket")) return;
  expected.delete(card.dataset.fragment);
  if (card.dataset.columnOf !== "new") forget(card.dataset.orderNumber, "news");
  const column = document.querySelector(`[data-column="${card.dataset.place}"]`);
  if (!column) {
    keys.leave(card);
    card.remove();
  } else if (!card.isConnected || card.parentElement !== column || !isInPlace(card)) {
    const focused = card.contains(document.activeElement) ? document.activeElement : null;
    column.insertBefore(card, [...column.querySelectorAll(".pl-ticket")].find((other) => other !== card && after(other, card)) ?? null);
    focused?.focus({ preventScroll: true });
    card.classList.add("pl-ticket-fresh");
  }
  settle();
}

function isInPlace(card) {
  const next = card.nextElementSibling;
  const before = card.previousElementSibling;
  return !(next?.matches(".pl-ticket") && after(card, next)) && !(before?.matches(".pl-ticket") && after(before, card));
}

function after(one, other) {
  return one.dataset.rank > other.dataset.rank;
}

function urlOf(number) {
  return board.dataset.cardUrl.replace("NUMBER", number);
}

function cardOf(number) {
  return document.getElementById(`order-${number}`);
}

/** On the board, or about to be drawn. */
function isHere(number) {
  return cardOf(number) !== null || expected.has(urlOf(number));
}

/** Counts, the strip of later orders, and the bell: all follow from the cards that are there. */
function settle() {
  const counts = {};
  for (const { dataset } of document.querySelectorAll(".pl-ticket")) {
    counts[dataset.columnOf] = (counts[dataset.columnOf] ?? 0) + 1;
  }
  for (const count of document.querySelectorAll("[data-count]")) {
    const cards = counts[count.dataset.count] ?? 0;
    if (count.textContent !== String(cards)) count.textContent = cards;
    if (count.dataset.count === "scheduled") count.closest("details").hidden = cards === 0;
  }
  const title = document.title.replace(/^(\(\d+\) )?/, counts.new ? `(${counts.new}) ` : "");
  if (document.title !== title) document.title = title;
  below.look();
  const mustStop = document.querySelector(".pl-ticket[data-must-stop]") !== null;
  ringing.call(mustStop ? "stop" : expected.size > 0 || counts.new > 0 ? "new" : null);
}

function received(order) {
  // Whether a station has anything to do with it only its card says.
  if (board.dataset.station) return;
  if (!cardOf(order.number)) expected.add(urlOf(order.number));
  ringing.again();
  settle();
  const dishes = order.items.map((item) => `${item.quantity}× ${item.name}`).join(t(", "));
  toast({ kind: "news", title: t("New order %(number)s", { number: order.number.slice(-4) }), text: dishes, href: `#order-${order.number}`, about: order.number });
}

/** Somebody else did something to what stands here. */
function changed({ order, previous_status: previous, changed_by: by }) {
  if (order.status === "cancelled") cancelled({ order, changed_by: by });
  else if (by.role !== "vendor" && isHere(order.number) && previous !== "scheduled") ringing.ring("changed");
}

function moved(number) {
  if (isHere(number)) ringing.ring("changed");
}

function arrived(number) {
  if (!cardOf(number)) return;
  ringing.ring("driver");
  toast({ kind: "news", title: t("The driver of %(number)s is here", { number: number.slice(-4) }), text: "", href: `#order-${number}`, about: number });
}

function asked({ order, note }) {
  if (board.dataset.station && !cardOf(order.number)) return;
  ringing.ring("stop");
  const title = t("%(name)s asks to cancel %(number)s", { name: order.customer.name, number: order.number.slice(-4) });
  toast({ kind: "danger", title, text: note, stays: true, href: `#order-${order.number}`, about: order.number });
}

/** Said when it was not this kitchen that cancelled. */
function cancelled({ order, changed_by: by }) {
  if (by.role === "vendor" || (board.dataset.station && !cardOf(order.number))) return;
  ringing.ring("stop");
  const expired = order.cancellation.kind === "expired";
  const number = order.number.slice(-4);
  const title = expired ? t("Order %(number)s has expired", { number }) : t("Order %(number)s was cancelled", { number });
  const text = expired ? t("Nobody accepted it in time.") : t("By %(name)s. %(note)s", { name: by.name, note: order.cancellation.note ?? "" });
  toast({ kind: "danger", title, text, stays: true, about: order.number });
}

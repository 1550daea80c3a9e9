// The board: each order's card is a fragment; here a fresh card is put into its column, in its place, and the bell
// rings for as long as anything is new. What a card may do is the server's business; keys.js presses its buttons.

import { fetchNew } from "../fragments.js";
import * as ringing from "../ringing.js";
import { forget, toast } from "../toasts.js";
import * as below from "./below.js";
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
  if (detail.name === "OrderStatusChanged" && detail.data.order.status === "cancelled") cancelled(detail.data);
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
steady.start();
below.start();
settle();

/** Put a fresh card where it belongs, or take it off the board. */
function drawn(card) {
  if (!card.matches(".pl-ticket")) return;
  expected.delete(card.dataset.fragment);
  if (card.dataset.columnOf !== "new") forget(card.dataset.orderNumber, "news");
  const column = document.querySelector(`[data-column="${card.dataset.columnOf}"]`);
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

/** Counts, the strip of later orders, and the bell: all follow from the cards that are there. */
function settle() {
  for (const count of document.querySelectorAll("[data-count]")) {
    const cards = document.querySelectorAll(`[data-column="${count.dataset.count}"] > .pl-ticket`).length;
    if (count.textContent !== String(cards)) count.textContent = cards;
    if (count.dataset.count === "scheduled") count.closest("details").hidden = cards === 0;
    if (count.dataset.count === "new") document.title = document.title.replace(/^(\(\d+\) )?/, cards ? `(${cards}) ` : "");
  }
  below.look();
  ringing.call(expected.size > 0 || document.querySelector('[data-column="new"] > .pl-ticket') !== null);
}

function received(order) {
  if (!cardOf(order.number)) expected.add(urlOf(order.number));
  ringing.again();
  settle();
  const dishes = order.items.map((item) => `${item.quantity}× ${item.name}`).join(", ");
  toast({ kind: "news", title: `New order ${order.number.slice(-4)}`, text: dishes, href: `#order-${order.number}`, about: order.number });
}

function asked({ order, note }) {
  ringing.ring();
  const title = `${order.customer.name} asks to cancel ${order.number.slice(-4)}`;
  toast({ kind: "danger", title, text: note, stays: true, href: `#order-${order.number}`, about: order.number });
}

/** Said when it was not this kitchen that cancelled. */
function cancelled({ order, changed_by: by }) {
  if (by.role === "vendor") return;
  ringing.ring();
  const expired = order.cancellation.kind === "expired";
  const title = `Order ${order.number.slice(-4)} ${expired ? "has expired" : "was cancelled"}`;
  const text = expired ? "Nobody accepted it in time." : `By ${by.name}. ${order.cancellation.note ?? ""}`;
  toast({ kind: "danger", title, text, stays: true, about: order.number });
}

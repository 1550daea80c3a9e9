// Dishes are dragged by their handles; the new order is posted at once. What the server refuses is drawn anew from it.

import { Sortable } from "../../vendor/sortable.js";

for (const list of document.querySelectorAll("[data-order-url]")) {
  // What the server has, and the end of what is on its way there: one order after the other, else an older one may win.
  let seen = order(list);
  let sent = Promise.resolve();
  const dropped = () => (sent = sent.then(async () => (seen = await send(list, seen))));
  Sortable.create(list, { handle: ".pl-handle", animation: 120, draggable: "[data-item]", onEnd: dropped });
}

function order(list) {
  return [...list.querySelectorAll("[data-item]")].map((plate) => plate.dataset.item).join(",");
}

/** The order that the server has then. */
async function send(list, seen) {
  const items = order(list);
  if (items === seen) return seen;
  try {
    const answer = await fetch(list.dataset.orderUrl, {
      method: "POST",
      headers: { Accept: "application/problem+json", "X-CSRFToken": document.querySelector("meta[name=passline-csrf]").content },
      body: new URLSearchParams({ items, seen }),
    });
    if (answer.ok) {
      ends(list);
      return items;
    }
  } catch {
    // It did not arrive: the same as one that was refused.
  }
  location.reload();
  return new Promise(() => {}); // nothing more is sent from a page that goes
}

/** The first cannot go up, the last cannot go down. */
function ends(list) {
  const plates = [...list.querySelectorAll("[data-item]")];
  plates.forEach((plate, place) => {
    plate.querySelector("[value=up]").disabled = place === 0;
    plate.querySelector("[value=down]").disabled = place === plates.length - 1;
  });
}

// Dishes are dragged by their handles; the new order is posted at once. What the server refuses is drawn anew from it.

import { Sortable } from "../../vendor/sortable.js";

for (const list of document.querySelectorAll("[data-order-url]")) {
  Sortable.create(list, { handle: ".pl-handle", animation: 120, draggable: "[data-item]", onEnd: () => send(list) });
}

async function send(list) {
  const items = [...list.querySelectorAll("[data-item]")].map((plate) => plate.dataset.item).join(",");
  try {
    const answer = await fetch(list.dataset.orderUrl, {
      method: "POST",
      headers: { Accept: "application/problem+json", "X-CSRFToken": document.querySelector("meta[name=passline-csrf]").content },
      body: new URLSearchParams({ items }),
    });
    if (!answer.ok) location.reload();
    ends(list);
  } catch {
    location.reload();
  }
}

/** The first cannot go up, the last cannot go down. */
function ends(list) {
  const plates = [...list.querySelectorAll("[data-item]")];
  plates.forEach((plate, place) => {
    plate.querySelector("[value=up]").disabled = place === 0;
    plate.querySelector("[value=down]").disabled = place === plates.length - 1;
  });
}

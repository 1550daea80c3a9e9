// Deliveries that call for a person, on every admin page: the count in the navigation follows, a toast says which one,
// and the window's title shows the count where another window is looked at.

import { refresh } from "../fragments.js";
import { forget, toast } from "../toasts.js";
import { t } from "../words.js";

const COUNT = ".pl-calls";
const title = document.title;

let known = numbers();
draw();
document.addEventListener("passline:event", ({ detail: { name, number, data } }) => {
  if (name !== "DeliveryUpdated") return;
  if (data.ticket.status === "needs_dispatcher" || known.has(number)) refresh(document.querySelector(COUNT));
});
document.addEventListener("passline:drawn", ({ detail }) => {
  if (!detail.element.matches(COUNT)) return;
  const before = known;
  known = numbers();
  draw();
  for (const number of before) if (!known.has(number)) forget(about(number));
  for (const number of known) if (!before.has(number)) call(number);
});

function numbers() {
  return new Set(document.querySelector(COUNT).dataset.calling.split(" ").filter(Boolean));
}

function draw() {
  document.title = known.size ? `(${known.size}) ${title}` : title;
}

/** Said where it is not seen already. */
function call(number) {
  if (document.querySelector(".pl-dispatch")) return;
  const href = document.querySelector(COUNT).closest("a").href;
  const text = t("Nobody has taken it. Offer it to a driver.");
  toast({ kind: "danger", title: t("The delivery of %(number)s needs a dispatcher", { number }), text, href, stays: true, about: about(number) });
}

function about(number) {
  return `call-${number}`;
}

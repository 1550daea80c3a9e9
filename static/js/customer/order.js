// The status page: a new headline is said (a fragment that was put in place is silent to a screen reader) and stands in
// the window's title, for whoever looks at another tab; the link that is shown once can be copied. Who calls the order
// off here needs no news of it: the focus goes up to the headline that says so. The map is ride.js.

import { tab } from "../memory.js";
import { toast } from "../toasts.js";
import { t } from "../words.js";
import * as notices from "./notices.js";
import * as ride from "./ride.js";
import * as shell from "./shell.js";

const BAD = new Set(["cancelled", "undeliverable"]);

const toldBy = (order) => `${order.dataset.state}: ${order.querySelector("#order-title").textContent}`;

let told = toldBy(document.querySelector(".pl-order"));
let isCallingOff = false;

ride.start();
notices.start();
if (document.querySelector("[data-notices]")) {
  shell.start();
  remember(document.querySelector(".pl-order"));
}

document.addEventListener("submit", ({ target }) => {
  isCallingOff = target.closest("details")?.dataset.keep === "cancel";
});

document.addEventListener("passline:drawn", ({ detail: { element } }) => {
  if (element.matches(".pl-order")) remember(element);
  if (!element.matches(".pl-order") || toldBy(element) === told) return;
  told = toldBy(element);
  const { state } = element.dataset;
  const headline = element.querySelector("#order-title");
  const title = headline.textContent;
  const text = element.querySelector(".pl-order-sentence").textContent;
  if (isCallingOff && state === "cancelled") headline.focus();
  else toast({ title, text, kind: BAD.has(state) ? "warning" : "info", about: element.dataset.orderNumber });
  notices.tell(title, text, element.dataset.orderNumber);
  document.title = `${title} · ${element.dataset.orderNumber} · Passline`;
});

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = button.parentElement.querySelector("[data-copy-source]");
  const words = button.querySelector("span");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    words.textContent = t("Copied");
  } catch {
    // No clipboard without a secure origin: it is selected, the rest is a keystroke.
    words.textContent = t("Press Ctrl+C");
  }
});

/** For the page without a connection (offline.js), which says that it is old. */
function remember(order) {
  const headline = order.querySelector("#order-title").textContent;
  tab.write("last-known", { path: window.location.pathname, headline, at: Date.now() });
}

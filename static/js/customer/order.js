// The status page: a change of state is said (a fragment that was put in place is silent to a screen reader) and stands
// in the window's title, for whoever looks at another tab; the link that is shown once can be copied.

import { toast } from "../toasts.js";

const BAD = new Set(["cancelled", "undeliverable"]);

let state = document.querySelector(".pl-order").dataset.state;

document.addEventListener("passline:drawn", ({ detail: { element } }) => {
  if (!element.matches(".pl-order") || element.dataset.state === state) return;
  state = element.dataset.state;
  const title = element.querySelector("#order-title").textContent;
  const text = element.querySelector(".pl-order-sentence").textContent;
  toast({ title, text, kind: BAD.has(state) ? "warning" : "info" });
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
    words.textContent = "Copied";
  } catch {
    // No clipboard without a secure origin: it is selected, the rest is a keystroke.
    words.textContent = "Press Ctrl+C";
  }
});

// News of an order outside of its page, while the page is open: the browser's own notification, asked for by a press and
// shown only to whoever looks elsewhere. And the way to install the pages, where the browser offers it.

import { t } from "../words.js";

export function start() {
  const part = document.querySelector("[data-notices]");
  if (!part) return;
  const bell = part.querySelector("[data-notify]");
  bell.hidden = !("Notification" in window) || Notification.permission !== "default";
  bell.addEventListener("click", async () => {
    const answer = await Notification.requestPermission();
    bell.hidden = answer !== "default";
    part.querySelector("p").textContent =
      answer === "granted" ? t("You are told of each change while this page is open.") : t("The browser was told not to.");
  });
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer(part.querySelector("[data-install]"), event);
  });
}

function offer(button, event) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.hidden = true;
    event.prompt();
  }, { once: true });
}

/** Tell it to whoever allowed it and does not look at this page. */
export async function tell(title, body, about) {
  if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
  const path = window.location.pathname;
  const options = { body, tag: about, data: path };
  const worker = await navigator.serviceWorker?.getRegistration();
  // Phones have them by way of a worker alone.
  if (worker) return worker.showNotification(title, options);
  new Notification(title, options).addEventListener("click", () => window.focus());
}

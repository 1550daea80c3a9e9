// The page without a connection: what this window knew last, said to be old, and another try as soon as there is net.

import { tab } from "../memory.js";
import { t } from "../words.js";

const OFTEN = 5000; // ms

const last = tab.read("last-known");
if (last && window.location.pathname === last.path) {
  const line = document.querySelector("[data-last-known]");
  const clock = new Date(last.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  line.querySelector("span").textContent = t("Old news, from %(time)s: “%(headline)s”. It may have changed since.", { time: clock, headline: last.headline });
  line.hidden = false;
}

const again = () => window.location.reload();

document.querySelector("[data-try-again]").addEventListener("click", (event) => {
  event.preventDefault();
  again();
});
window.addEventListener("online", again);
setInterval(() => navigator.onLine && again(), OFTEN);

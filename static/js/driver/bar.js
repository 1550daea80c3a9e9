// What is under the thumb: one big button, for the next step or for the duty.

import { t } from "../words.js";
import { draw } from "./slots.js";
import { settle } from "./settling.js";
import { NEXT, words } from "./steps.js";

const place = document.querySelector('[data-part="bar"]');
let shown = null;
let now = null;
let isBusy = false;

/** `step(ticket)` and `duty(on)` are called for what is pressed. */
export function start({ step, duty }) {
  place.addEventListener("click", async ({ target }) => {
    if (!target.closest("button") || isBusy) return;
    if (now.state === "ride") return step(now.ticket);
    busy(true);
    await duty(!now.duty.on);
    busy(false);
  });
}

export function show(picture) {
  now = picture;
  const { state, ticket } = picture;
  const key = state === "ride" ? `${ticket.id} ${ticket.status}` : state;
  if (key === shown) return;
  shown = key;
  const button = state === "ride" ? step(ticket) : duty(state);
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...(button ? [button] : []));
  if (button && hadFocus) button.focus({ preventScroll: true });
  settle(place);
}

function step({ status }) {
  const { verb } = NEXT[status];
  const button = draw("draw-next", { words: words(verb) });
  button.dataset.verb = verb;
  return button;
}

function duty(state) {
  if (state === "loading") return null;
  const button = draw("draw-duty-switch", { words: state === "idle" ? t("You are on duty") : t("Go on duty") });
  button.setAttribute("aria-checked", String(state === "idle"));
  return button;
}

function busy(is) {
  isBusy = is;
  place.toggleAttribute("data-busy", is);
}

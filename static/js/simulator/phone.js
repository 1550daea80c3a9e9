// The simulators' pages: what happened comes by itself, and the PIN pad types. Whoever types a PIN is not disturbed,
// unless what is asked has changed.

const EVERY = 1000;

let seen = null; // the fragment as the server last drew it

document.addEventListener("click", ({ target }) => {
  const key = target.closest("[data-digit], [data-erase]");
  if (!key) return;
  const pin = document.querySelector("[data-pin]");
  pin.value = key.dataset.digit ? (pin.value + key.dataset.digit).slice(0, 4) : pin.value.slice(0, -1);
});

showPad();
look();
setInterval(look, EVERY);

async function look() {
  const old = document.querySelector("[data-fragment]");
  const response = await fetch(old.dataset.fragment, { cache: "no-store" }).catch(() => null);
  if (!response?.ok) return; // the simulator is away: what is shown stays
  const html = await response.text();
  if (html === seen) return;
  seen = html;
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  keepPin(old, fresh);
  old.replaceWith(fresh);
  showPad();
}

/** Half a PIN goes over into the same prompt. */
function keepPin(old, fresh) {
  const [before, after] = [old, fresh].map((element) => element.querySelector("[data-prompt]"));
  if (before?.elements.checkout_request_id.value !== after?.elements.checkout_request_id.value || !before) return;
  after.replaceWith(before);
}

function showPad() {
  const pad = document.querySelector("[data-pad]");
  if (pad) pad.hidden = false;
}

// A purchase of Wi-Fi: while there is something to wait for, its part of the page is fetched again.
//
// A guest without account has no socket. What fails is tried again: a phone in a captive network is often offline.

const PERIOD = 2000;

const shown = () => document.getElementById("purchase");

async function look() {
  try {
    const response = await fetch(shown().dataset.purchase, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (response.ok) draw(await response.text());
  } catch {
    // Offline for a moment; the next look comes anyway.
  }
  wait();
}

function draw(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("purchase");
  if (!fresh || fresh.innerHTML === shown().innerHTML) return;
  shown().replaceWith(fresh);
  const code = fresh.querySelector("[data-code]");
  if (code) document.title = code.textContent;
}

function wait() {
  if (shown().hasAttribute("data-waits")) setTimeout(look, PERIOD);
}

wait();

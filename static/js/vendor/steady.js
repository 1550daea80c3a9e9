// Nothing slides under a finger: a card that has just come, moved or changed its state takes no pointer for a moment
// (`data-settling`). Otherwise a second tap on "Accept" would accept the order that has moved up to there.

const SETTLES = 700; // ms
const MOVED = 8; // px: less than that leads no finger astray

const main = document.getElementById("main");
const known = new Map(); // a card's id -> where it was seen, and in which state
const until = new Map(); // a card's id -> when it takes the pointer again
let timer = null;

export function start() {
  note();
  const changes = new MutationObserver(look);
  for (const column of main.querySelectorAll("[data-column]")) changes.observe(column, { childList: true });
  changes.observe(main, { subtree: true, attributeFilter: ["open", "hidden"] });
  new ResizeObserver(look).observe(main);
  // Whoever scrolls knows that the cards move.
  document.addEventListener("scroll", note, { capture: true, passive: true });
}

/** `card` takes no pointer and no key for a moment, as if it had just moved. */
export function settle(card) {
  until.set(card.id, performance.now() + SETTLES);
  card.dataset.settling = "";
  timer ??= setTimeout(settled, SETTLES);
}

const cards = () => [...main.querySelectorAll(".pl-ticket")];

function place(card) {
  const { left, top } = card.getBoundingClientRect();
  return { left, top, state: card.dataset.state };
}

function note() {
  known.clear();
  for (const card of cards()) known.set(card.id, place(card));
}

function look() {
  const now = performance.now();
  // All are measured before any is marked: a mark between two measures would have the page laid out for each.
  const before = new Map(known);
  note();
  for (const card of cards()) {
    if (isOther(before.get(card.id), known.get(card.id))) until.set(card.id, now + SETTLES);
    // A card that was drawn anew meanwhile is another element.
    if (until.has(card.id)) card.dataset.settling = "";
  }
  if (until.size && timer === null) timer = setTimeout(settled, SETTLES);
}

function isOther(before, after) {
  return !before || before.state !== after.state || Math.hypot(after.left - before.left, after.top - before.top) > MOVED;
}

function settled() {
  const now = performance.now();
  for (const [id, end] of until) {
    if (end > now) continue;
    until.delete(id);
    document.getElementById(id)?.removeAttribute("data-settling");
  }
  timer = until.size ? setTimeout(settled, Math.min(...until.values()) - now) : null;
}

// The board by keyboard: arrows (or j and k) walk from card to card, a letter presses the button that carries it.

const cards = () => [...document.querySelectorAll(".pl-ticket")].filter((card) => !card.closest("details:not([open])"));
const help = document.getElementById("keys");

export function start() {
  document.addEventListener("keydown", pressed);
  document.querySelector(".pl-keys-open").addEventListener("click", () => help.showModal());
}

/** `card` is about to go: the focus goes to its neighbour. */
export function leave(card) {
  if (!card.contains(document.activeElement)) return;
  const all = cards();
  const at = all.indexOf(card);
  (all[at + 1] ?? all[at - 1])?.focus();
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || event.target.matches("input, select, textarea")) return;
  // A key that is held down walks on, and presses once.
  const acts = walk(event.key) || (!event.repeat && press(event.key));
  if (acts) event.preventDefault();
}

function walk(key) {
  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  if (key in steps) return focus(neighbour(steps[key]));
  if (key === "ArrowRight" || key === "ArrowLeft") return focus(beside(key === "ArrowRight" ? 1 : -1));
  return false;
}

function focus(card) {
  card?.focus();
  card?.scrollIntoView({ block: "nearest" });
  return card !== undefined;
}

const current = () => document.activeElement.closest(".pl-ticket");

function neighbour(step) {
  const all = cards();
  const here = current();
  return here ? all[all.indexOf(here) + step] : all[0];
}

function beside(step) {
  const columns = [...document.querySelectorAll(".pl-column-cards")];
  const here = columns.indexOf(current()?.closest(".pl-column-cards"));
  for (let at = here + step; at >= 0 && at < columns.length; at += step) {
    const card = columns[at].querySelector(".pl-ticket");
    if (card) return card;
  }
  return undefined;
}

function press(key) {
  if (key === "?") {
    help.showModal();
    return true;
  }
  const target = /^[a-z]$/.test(key) ? current()?.querySelector(`[data-key="${key}"]`) : null;
  if (!target) return false;
  target.click();
  if (target.matches("summary")) target.parentElement.querySelector("input:not([type=hidden]), select")?.focus();
  return true;
}

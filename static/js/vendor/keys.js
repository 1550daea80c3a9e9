// The board by keyboard: arrows (or j and k) walk from card to card, a letter presses the button that carries it.
// And by a bump bar, which is a keyboard of few keys: 1 to 9 choose the card that carries the number, Enter takes it to
// its next state, R recalls it (or what became ready last).

import * as full from "./full.js";
import * as steady from "./steady.js";

const cards = () => [...document.querySelectorAll(".pl-ticket")].filter((card) => !card.closest("details:not([open])"));
const help = document.getElementById("keys");

export function start() {
  document.addEventListener("keydown", pressed);
  document.querySelector(".pl-keys-open").addEventListener("click", () => help.showModal());
}

/** `card` is about to go: the focus goes to its neighbour, which takes no key yet that was meant for the one that went. */
export function leave(card) {
  if (!card.contains(document.activeElement)) return;
  const all = cards();
  const at = all.indexOf(card);
  const next = all[at + 1] ?? all[at - 1];
  if (!next) return;
  next.focus();
  steady.settle(next);
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || event.target.matches("input, select, textarea")) return;
  // A key that is held down walks on, and presses once.
  const acts = walk(event.key) || (!event.repeat && (choose(event.key) || bump(event) || press(event.key)));
  if (acts) event.preventDefault();
}

function walk(key) {
  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  if (key in steps) return focus(neighbour(steps[key]));
  // The columns stand in the direction of writing.
  const onward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (key === "ArrowRight" || key === "ArrowLeft") return focus(beside(key === onward ? 1 : -1));
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

/** The cards that carry a number: of the column in which somebody is, else of the first that has any. */
function numbered() {
  const here = current()?.closest(".pl-column-cards");
  const column = here ?? [...document.querySelectorAll(".pl-column-cards")].find((one) => one.querySelector(".pl-ticket"));
  return column ? [...column.querySelectorAll(".pl-ticket")] : [];
}

function choose(key) {
  return /^[1-9]$/.test(key) && focus(numbered()[Number(key) - 1]);
}

/** Enter on a card itself; on one of its buttons it presses that button. */
function bump(event) {
  if (event.key !== "Enter" || !event.target.matches(".pl-ticket, body")) return false;
  return click(current()?.querySelector("[data-bump]"));
}

function recall() {
  const card = current()?.matches('[data-state="ready_for_pickup"]') ? current() : newestReady();
  return click(card?.querySelector('[data-key="b"]'));
}

/** What became ready last: of the cards that can be recalled the one that was changed last. */
function newestReady() {
  const since = (card) => card.querySelector("[data-ages]")?.dataset.ages ?? "";
  const ready = cards().filter((card) => card.querySelector('[data-key="b"]'));
  return ready.sort((one, other) => (since(one) < since(other) ? 1 : -1))[0];
}

function click(button) {
  // A card that has just come or moved takes no key that meant another, as it takes no finger.
  if (!button || button.closest("[data-settling]")) return false;
  button.click();
  return true;
}

function press(key) {
  if (key === "?") {
    help.showModal();
    return true;
  }
  if (key === "f") {
    full.toggle();
    return true;
  }
  if (key === "R") return recall();
  const target = /^[a-z]$/.test(key) ? current()?.querySelector(`[data-key="${key}"]`) : null;
  if (!click(target)) return false;
  if (target.matches("summary")) target.parentElement.querySelector("input:not([type=hidden]), select")?.focus();
  return true;
}

// Nothing slides under a thumb: what has just come, or says something else than a moment ago, takes no pointer yet.
// Otherwise a second tap would do the next step, or answer an offer that nobody has read.

const SETTLES = 700; // ms
const until = new WeakMap();

export function settle(element) {
  element.dataset.settling = "";
  clearTimeout(until.get(element));
  until.set(element, setTimeout(() => delete element.dataset.settling, SETTLES));
}

// New orders below the fold of their column: how many, and one press brings the first of them into sight.

import { icon } from "../toasts.js";
import { t } from "../words.js";

const column = document.querySelector('[data-column="new"], [data-column="stream"]');
const button = document.querySelector(".pl-column-below");
const PEEPS = 64; // px: a card of which only so much is seen is not seen

export function start() {
  button.addEventListener("click", () => below()[0]?.scrollIntoView({ block: "start" }));
  column.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(column);
  look();
}

/** Say how many there are now. */
export function look() {
  const count = below().length;
  if (button.dataset.below === String(count)) return;
  button.dataset.below = count;
  button.hidden = count === 0;
  button.replaceChildren(icon("chevron-down"), t("%(n)s below", { n: count }));
}

function below() {
  // On a phone the column does not scroll by itself: the page does, and its tabs say how many.
  if (column.scrollHeight <= column.clientHeight) return [];
  const fold = column.getBoundingClientRect().bottom - PEEPS;
  return [...column.querySelectorAll('.pl-ticket[data-column-of="new"]')].filter((card) => card.getBoundingClientRect().top > fold);
}

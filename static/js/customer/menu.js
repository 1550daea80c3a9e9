// The menu page: steppers, the basket in sight with its running total, and what was chosen kept over a reload.
//
// The form is the basket; nothing is ordered that does not stand in it, and the server counts again. What is kept on the
// device, for a week, is forgotten when the order is sent; what has another price by then is said.

import { device } from "../memory.js";
import { t, tn } from "../words.js";
import * as here from "./here.js";

const form = document.querySelector("form[data-menu]");
const KEPT = 7 * 24 * 3600 * 1000; // ms
const bar = document.querySelector("[data-basket-bar]");
let count = 0; // of what is in the basket
let isInSight = false;

if (form?.querySelector("#checkout")) start();

function start() {
  const key = `basket-${form.dataset.menu}`;
  restore(device.read(key));
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-less], [data-more]");
    if (button) step(button.closest("[data-dish]"), button.hasAttribute("data-more") ? 1 : -1);
  });
  form.addEventListener("input", draw);
  form.addEventListener("change", () => device.write(key, { at: Date.now(), lines: chosen() }));
  form.addEventListener("submit", (event) => sent(event, key));
  // The bar leads to the basket; beside it, it would be a second button that looks like "Place the order".
  new IntersectionObserver(([basket]) => {
    isInSight = basket.isIntersecting;
    offer();
  }, { rootMargin: "0px 0px -96px" }).observe(form.querySelector("#checkout"));
  here.start(form, form.querySelector("[data-here]"));
  // Out of the back-forward cache: the button works again, and pressing it means another order.
  window.addEventListener("pageshow", ({ persisted }) => persisted && fresh());
  draw();
}

/** What the server put into the form wins over what the window remembers. */
function restore(kept) {
  if (!Array.isArray(kept?.lines) || Date.now() - kept.at > KEPT || chosen().length) return;
  const news = [];
  for (const { id, quantity, note, name, price } of kept.lines) {
    const dish = form.querySelector(`[data-dish="${CSS.escape(id)}"]`);
    const field = quantityOf(dish);
    if (!field) {
      news.push(t("%(name)s is not to be had now", { name }));
      continue;
    }
    if (Number(dish.dataset.price) !== price) news.push(t("%(name)s costs %(price)s now", { name, price: money(dish.dataset.price) }));
    field.value = quantity;
    form.elements[`note-${id}`].value = note ?? "";
    if (note) form.elements[`note-${id}`].closest("details").open = true;
  }
  const changed = form.querySelector("[data-basket-changed]");
  changed.hidden = news.length === 0;
  const all = news.join(t("; "));
  changed.textContent = t("Since you chose: %(news)s.", { news: all });
}

function quantityOf(dish) {
  return dish?.querySelector("input[type=number]");
}

function step(dish, by) {
  const field = quantityOf(dish);
  const quantity = Math.min(Number(field.max), Math.max(0, (Number.parseInt(field.value, 10) || 0) + by));
  field.value = quantity || "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  // The button that was pressed hides with the last one; the plus stays.
  if (!quantity) dish.querySelector("[data-more]").focus();
}

/** The lines of the basket as the form has them. */
function chosen() {
  return [...form.querySelectorAll("[data-dish]")].flatMap((dish) => {
    const quantity = Number.parseInt(quantityOf(dish)?.value, 10);
    if (!(quantity > 0)) return [];
    const id = dish.dataset.dish;
    const name = dish.querySelector(".pl-dish-name").textContent;
    return [{ id, quantity, name, price: Number(dish.dataset.price), note: form.elements[`note-${id}`].value.trim() }];
  });
}

function draw() {
  const lines = chosen();
  const total = money(lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0));
  count = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  for (const dish of form.querySelectorAll("[data-dish]")) {
    dish.classList.toggle("pl-dish-chosen", lines.some(({ id }) => id === dish.dataset.dish));
  }
  form.querySelector("[data-basket-lines]").replaceChildren(...lines.map(row));
  form.querySelector("[data-basket-empty]").hidden = lines.length > 0;
  form.querySelector("[data-basket-sum]").hidden = lines.length === 0;
  for (const element of document.querySelectorAll("[data-basket-total]")) element.textContent = count ? total : "";
  document.querySelector("[data-basket-count]").textContent = tn("%(n)s item", "%(n)s items", count);
  offer();
}

function offer() {
  bar.hidden = count === 0 || isInSight;
}

function row({ quantity, name, price, note }) {
  const line = document.createElement("li");
  line.className = "pl-line";
  line.append(part("pl-line-quantity", `${quantity}×`), part("pl-name", name), part("pl-money", money(price * quantity)));
  if (note) line.append(part("pl-line-note", note));
  return line;
}

function part(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function money(minor) {
  const { currency, digits } = form.dataset;
  return new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`, { style: "currency", currency }).format(minor / 10 ** Number(digits));
}

/** One press is one order: the form's key holds that on the server, this spares a nervous thumb the wait. */
function sent(event, key) {
  if (form.hasAttribute("aria-busy")) return event.preventDefault();
  form.setAttribute("aria-busy", "true");
  device.write(key, null);
}

function fresh() {
  form.removeAttribute("aria-busy");
  form.elements.key.value = crypto.randomUUID?.() ?? String(crypto.getRandomValues(new Uint32Array(2)));
}

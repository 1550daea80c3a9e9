// News in the corner: said to a screen reader, stacked, gone after a while unless somebody reads them (pointer or focus
// on the stack stops all of them) or they must be dealt with. What is `about` an order has one place: news of it takes
// the place of older news.

import { t } from "./words.js";

const LASTS = 7000;
const MOST = 4;
const ICONS = { info: "info-circle", news: "bell-ringing", success: "circle-check", warning: "alert-triangle", danger: "alert-circle" };

const stack = document.getElementById("toasts");
let held = false;

/** Show `title` and `text`. `kind` is info, news, success, warning or danger; `stays` until it is closed. */
export function toast({ title, text = "", kind = "info", stays = false, href = null, about = "" }) {
  if (about) forget(about);
  const element = document.createElement("div");
  element.className = "pl-toast";
  element.dataset.kind = kind;
  element.dataset.about = about;
  element.setAttribute("role", kind === "danger" ? "alert" : "status");
  const words = document.createElement("div");
  words.append(part(href ? "a" : "p", "pl-toast-title", title), ...(text ? [part("p", "pl-toast-text", text)] : []));
  if (href) {
    words.firstChild.href = href;
    // It would lie over what it has led to.
    words.firstChild.addEventListener("click", () => element.remove());
  }
  element.append(icon(ICONS[kind]), words, closer(element));
  stack.append(element);
  while (stack.children.length > MOST) stack.firstChild.remove();
  if (!stays) leave(element, LASTS);
  return element;
}

/** Take away what was said about an order; of one `kind` alone, where that is said. */
export function forget(about, kind = null) {
  for (const element of [...stack.children]) {
    if (element.dataset.about === about && (!kind || element.dataset.kind === kind)) element.remove();
  }
  held = stack.matches(":hover, :focus-within");
}

function leave(element, after) {
  setTimeout(() => (held ? leave(element, 1500) : element.remove()), after);
}

function closer(element) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pl-toast-close";
  button.setAttribute("aria-label", t("Close"));
  button.append(icon("x"));
  button.addEventListener("click", () => {
    element.remove();
    held = stack.matches(":hover");
  });
  return button;
}

function part(tag, name, text) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

/** An icon of the sprite, as decoration. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", new URL(`../vendor/icons.svg#${name}`, import.meta.url).href);
  svg.append(use);
  return svg;
}

for (const [type, value] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
  stack?.addEventListener(type, () => (held = value));
}

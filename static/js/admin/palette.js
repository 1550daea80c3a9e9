// The palette: "/" or Ctrl-K (Cmd-K) opens it over any page, what is typed is looked for as it is typed, the arrows
// choose, Enter goes there, Escape closes. The focus stays in the box all the while; what is chosen is said by
// aria-activedescendant.

import { t } from "../words.js";

const REST = 120;
const dialog = document.querySelector("dialog[data-palette]");
const box = dialog?.querySelector("[role=combobox]");
const found = dialog?.querySelector("[data-palette-found]");
const told = dialog?.querySelector("[data-palette-told]");
let timer = null;
let asking = null;
let shown = null; // what the options on the screen were asked by

document.addEventListener("keydown", (event) => {
  if (!dialog || event.defaultPrevented || event.altKey) return;
  const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !isTyping(event.target);
  if (!isK && !isSlash) return;
  if (!dialog.open && document.querySelector("dialog[open]")) return; // another one is answered first
  event.preventDefault();
  if (dialog.open) dialog.close();
  else open();
});

for (const way of document.querySelectorAll("[data-palette-open]")) {
  way.addEventListener("click", (event) => {
    if (!dialog || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
}

dialog?.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog?.querySelector("[data-palette-close]").addEventListener("click", () => dialog.close());
dialog?.addEventListener("close", () => asking?.abort());
box?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, REST);
});
box?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) move(step);
  else if (event.key === "Enter" && !event.isComposing) go();
  else return;
  event.preventDefault();
});
found?.addEventListener("pointermove", ({ target }) => choose(target.closest("[role=option]")));

function open() {
  dialog.showModal();
  box.select();
  look();
}

async function look() {
  const q = box.value.trim();
  asking?.abort();
  asking = new AbortController();
  try {
    const response = await fetch(`${dialog.dataset.palette}?${new URLSearchParams({ q })}`, {
      headers: { Accept: "text/html" },
      cache: "no-store",
      signal: asking.signal,
    });
    if (!response.ok || response.redirected) throw new Error(`${response.status}`);
    draw(q, await response.text());
  } catch (error) {
    if (error.name === "AbortError") return;
    shown = null;
    found.textContent = "";
    told.textContent = t("The search does not answer. Enter asks again on a page of its own.");
  }
}

function draw(q, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  found.replaceChildren(template.content);
  shown = q;
  // The links are reached with the arrows: the Tab key goes from the box to the way out.
  for (const option of options()) option.tabIndex = -1;
  choose(options()[0]);
  const count = options().length;
  told.textContent = count === 0 ? t("Nothing found") : t("%(n)s found", { n: count });
}

function options() {
  return [...found.querySelectorAll("a[role=option]")];
}

function move(step) {
  const all = options();
  const at = all.indexOf(found.querySelector("[aria-selected=true]"));
  choose(all[(at + step + all.length) % all.length]);
}

function choose(option) {
  if (option && !option.matches("a")) return;
  for (const other of found.querySelectorAll("[aria-selected=true]")) {
    if (other !== option) other.setAttribute("aria-selected", "false");
  }
  option?.setAttribute("aria-selected", "true");
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** To what is chosen; where the answer to what was typed is not there yet, to the page that waits for it. */
function go() {
  const chosen = found.querySelector("[aria-selected=true]");
  if (chosen && shown === box.value.trim()) chosen.click();
  else box.form.submit();
}

function isTyping(target) {
  return target.matches?.("input, textarea, select, [contenteditable]");
}

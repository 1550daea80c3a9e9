// Light or dark: the visitor's own choice if there is one, else what the device prefers. Loaded in <head> and run
// before the first paint, so that no page flashes. Without JavaScript the CSS follows the device by itself.
// Here as well what every page may have: the button "Go back", and the account's menu, which closes by itself.

const KEY = "passline-theme";
const root = document.documentElement;
const device = window.matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null; // storage switched off: the device decides
  }
}

function remember(theme) {
  try {
    window.localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}

function show() {
  root.dataset.bsTheme = chosen() ?? (device.matches ? "dark" : "light");
}

function toggle() {
  const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  root.dataset.bsTheme = theme;
  remember(theme);
}

root.classList.add("js");
show();
device.addEventListener("change", show);
window.addEventListener("storage", (event) => event.key === KEY && show());
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) toggle();
  if (event.target.closest("[data-history-back]")) window.history.back();
  if (event.target.closest("[data-print]")) window.print();
  const menu = document.querySelector(".pl-menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".pl-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

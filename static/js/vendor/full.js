// The whole screen for the board: a button and the key `f`; Escape leaves, as everywhere.

import { t } from "../words.js";

const button = document.querySelector(".pl-full-screen");

export function start() {
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", toggle);
  document.addEventListener("fullscreenchange", look);
  look();
}

/** Into it, or out of it. A browser that refuses stays as it is. */
export async function toggle() {
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  } catch (error) {
    console.warn("passline: no full screen here", error);
  }
}

function look() {
  const isFull = document.fullscreenElement !== null;
  button.ariaPressed = String(isFull);
  button.ariaLabel = isFull ? t("Leave full screen") : t("Full screen");
}

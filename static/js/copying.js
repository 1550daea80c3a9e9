// A button beside a field copies what stands in it: [data-copy] beside [data-copy-source].

import { t } from "./words.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const field = button?.parentElement.querySelector("[data-copy-source]");
  if (!field) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.lastElementChild.textContent = t("Copied");
  } catch (error) {
    // Not over plain HTTP: it is selected, and the keyboard copies it.
    console.info("passline: the clipboard is closed", error);
  }
});

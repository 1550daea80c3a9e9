// The status page: the link that is shown once can be copied.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = button.parentElement.querySelector("[data-copy-source]");
  field.select();
  const words = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(field.value);
    words.textContent = "Copied";
  } catch {
    // No clipboard without a secure origin: it is selected, the rest is a keystroke.
    words.textContent = "Press Ctrl+C";
  }
});

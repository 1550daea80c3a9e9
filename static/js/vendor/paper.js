// A paper that was counted just now is printed: once, so that a reload or a way back does not print it again. What is
// printed from its page after that is a copy, and says so.

const paper = document.querySelector("[data-print-now]");

if (paper) {
  const address = new URL(window.location.href);
  address.searchParams.delete("printed");
  window.history.replaceState(null, "", address);
  window.addEventListener("afterprint", () => (paper.querySelector(".pl-paper-copy").hidden = false));
  document.fonts.ready.then(() => window.print());
}

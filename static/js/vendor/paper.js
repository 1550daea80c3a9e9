// A paper that was counted just now is printed: once, so that a reload or a way back does not print it again.

const paper = document.querySelector("[data-print-now]");

if (paper) {
  const address = new URL(window.location.href);
  address.searchParams.delete("now");
  window.history.replaceState(null, "", address);
  document.fonts.ready.then(() => window.print());
}

// Receipts: this screen says which version of which order it has drawn (`data-receipt`), and whether a person could
// see and hear it. What is not acknowledged is said again, in its newest version, after the next connect; what was
// drawn while nobody could see the page is said again when somebody can.

const unsaid = new Map(); // number -> version
const unseen = new Map();

/** `say(name, data, acknowledged)` sends to the gateway while there is a connection. */
export function start(say) {
  for (const element of document.querySelectorAll("[data-receipt]")) note(element);
  document.addEventListener("passline:ready", () => sayAll(say));
  document.addEventListener("passline:drawn", ({ detail: { element } }) => {
    if (element.matches("[data-receipt]")) sayOne(say, ...note(element));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    for (const [number, version] of unseen) unsaid.set(number, version);
    unseen.clear();
    sayAll(say);
  });
}

function note(element) {
  const drawn = [element.dataset.orderNumber, Number(element.dataset.orderVersion)];
  unsaid.set(...drawn);
  return drawn;
}

function sayAll(say) {
  for (const [number, version] of unsaid) sayOne(say, number, version);
}

function sayOne(say, number, version) {
  const visible = document.visibilityState === "visible";
  const audible = document.documentElement.dataset.sound === "on";
  if (!visible) unseen.set(number, version);
  // What was refused for the moment is said again with the next connection; what was refused for good is not.
  say("seen", { order_number: number, version, audible, visible }, ({ ok, retry }) => {
    if ((ok || !retry) && unsaid.get(number) === version) unsaid.delete(number);
  });
}

// What the device keeps for when there is no connection: one page that says so (worker.js brings it), and no status.
// Browsers have this on secure origins alone; elsewhere the pages work as ever.

const STORE = "passline-customer";
const OFFLINE = "/orders/offline";
const STYLES = document.documentElement.dir === "rtl" ? ["vendor/tabler.rtl.min.css", "css/rtl.css"] : ["vendor/tabler.min.css"];
const PARTS = [...STYLES, "vendor/inter/inter.css", "vendor/icons.svg", "css/passline.css", "css/customer.css"];
const SCRIPTS = ["js/root.js", "js/memory.js", "js/words.js", "js/customer/offline.js"];
const SOON = 2000; // ms: first what the guest waits for

export function start() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/orders/worker.js").then(() => setTimeout(keep, SOON), () => {});
}

async function keep() {
  try {
    const store = await caches.open(STORE);
    await store.addAll([OFFLINE, ...[...PARTS, ...SCRIPTS].map((name) => `/static/${name}`)]);
  } catch {
    // No connection just now, or no room: what was kept before is still there.
  }
}

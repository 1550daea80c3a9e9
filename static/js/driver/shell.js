// The page itself, kept on the phone for dead zones (worker.js brings it). Browsers have this on secure origins alone;
// elsewhere the page works, and cannot be opened without a connection.

const STORE = "passline-driver";
const SOON = 3000; // ms: first what the driver waits for

export function start() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/driver/worker.js").then(() => setTimeout(keep, SOON), () => {});
}

/** Keep the page and all that it has loaded, as they are now. */
async function keep() {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const files = loaded.filter(({ origin, pathname }) => origin === window.location.origin && pathname.startsWith("/static/"));
  try {
    const store = await caches.open(STORE);
    await store.addAll(["/driver/", ...new Set(files.map(({ pathname }) => pathname))]);
  } catch {
    // No connection just now, or no room: what was kept before is still there.
  }
}

/** Forget it: somebody logs out. */
export const forget = () => "caches" in window && caches.delete(STORE);

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
  const ours = `${window.location.origin}/static/`;
  const loaded = performance.getEntriesByType("resource").filter(({ name }) => name.startsWith(ours));
  try {
    const store = await caches.open(STORE);
    await store.addAll(["/driver/", ...new Set(loaded.map(({ name }) => new URL(name).pathname))]);
  } catch {
    // No connection just now, or no room: what was kept before is still there.
  }
}

/** Forget it: somebody logs out. */
export const forget = () => "caches" in window && caches.delete(STORE);

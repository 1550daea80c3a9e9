// The service worker of the driver's page: what cannot be loaded comes from the phone, as shell.js kept it, so that a
// page which is opened or reloaded in a dead zone is there. Calls and the socket are none of its business.

const PATIENCE = 5000; // ms

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  const isPage = mode === "navigate" && pathname === "/driver/";
  if (method === "GET" && origin === self.location.origin && (isPage || pathname.startsWith("/static/"))) {
    event.respondWith(answer(event.request));
  }
});

async function answer(request) {
  const fresh = await Promise.race([fetch(request).catch(() => null), nothing()]);
  if (fresh && fresh.status < 500) return fresh;
  return (await caches.match(request, { ignoreVary: true })) ?? fresh ?? Response.error();
}

function nothing() {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
}

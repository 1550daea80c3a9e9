// The service worker of one's orders. A page comes from the server or not at all: what was kept is the page that says
// that there is no connection, and what that page is made of. No status is ever kept, so none can look fresh.

const OFFLINE = "/orders/offline";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (mode === "navigate") event.respondWith(fetch(event.request).catch(() => kept(OFFLINE)));
  else if (pathname.startsWith("/static/")) event.respondWith(fetch(event.request).catch(() => kept(pathname)));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

async function kept(path) {
  return (await caches.match(path, { ignoreVary: true })) ?? Response.error();
}

/** The window that shows this page already, or a new one. */
async function show(path) {
  const windows = await self.clients.matchAll({ type: "window" });
  const open = windows.find(({ url }) => new URL(url).pathname === path);
  return open ? open.focus() : self.clients.openWindow(path);
}

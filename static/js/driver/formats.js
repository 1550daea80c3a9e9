// How numbers are said on the driver's page: money, distances, times of day, ways to a place. Nothing here touches it.

/** Minor units as people read them: `€12.50`. */
export function money(minor, currency) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** Metres of road: `850 m`, `2.4 km`; null where they are not known. */
export function distance(metres) {
  if (metres === null) return null;
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
}

/** The time of day on this phone: `18:04`. */
export function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** `3 items`. */
export function items({ items_count: count }) {
  return `${count} item${count === 1 ? "" : "s"}`;
}

/** Whether the kitchen is done with `order`, or when; null when nobody knows. */
export function readiness(order, at) {
  if (order.status === "ready_for_pickup") return "Ready now";
  return at === null ? null : `Ready about ${clock(at)}`;
}

/** An address that shows the way, in what the phone uses for that; by coordinates, else by the words of the address. */
export function directions({ latitude, longitude, address }, agent = navigator.userAgent) {
  const spot = latitude === null ? null : `${latitude},${longitude}`;
  const where = encodeURIComponent(spot ?? address);
  if (/Android/.test(agent)) return `geo:${spot ?? "0,0"}?q=${where}`;
  if (/iPhone|iPad|Macintosh/.test(agent)) return `https://maps.apple.com/?daddr=${where}`;
  return `https://www.openstreetmap.org/${spot ? "directions?to" : "search?query"}=${where}`;
}

/** When the working day of `now` began, by this phone's clock: what follows midnight is still the evening before. */
export function dayBegan(now, startsAt = 5) {
  const day = new Date(now);
  if (day.getHours() < startsAt) day.setDate(day.getDate() - 1);
  return day.setHours(startsAt, 0, 0, 0);
}

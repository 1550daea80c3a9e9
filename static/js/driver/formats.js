// How numbers are said on the driver's page: money, distances, times of day, ways to a place. Nothing here touches it.

import { language, t, tn } from "../words.js";

/** Minor units as people read them: `€12.50`. */
export function money(minor, currency) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency, numberingSystem: "latn" });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** Metres of road: `850 m`, `2.4 km`; null where they are not known. */
export function distance(metres) {
  if (metres === null) return null;
  if (metres < 1000) return t("%(n)s m", { n: Math.round(metres / 10) * 10 });
  return t("%(n)s km", { n: (metres / 1000).toFixed(1) });
}

/** The time of day on this phone: `18:04`. */
export function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** `3 items`. */
export function items({ items_count: count }) {
  return tn("%(n)s item", "%(n)s items", count);
}

/** Whether the kitchen is done with `order`, or when; null when nobody knows. */
export function readiness(order, at) {
  if (order.status === "ready_for_pickup") return t("Ready now");
  return at === null ? null : t("Ready about %(time)s", { time: clock(at) });
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

// Which positions are worth telling: one about each ten metres or half a minute on the move, one a minute at rest; and
// which are kept while nobody can be told. Nothing here touches the page. A fix is {latitude, longitude (degrees, WGS
// 84), accuracy (m), speed (m/s or null), at (ms)}.

const MOVED = 10; // m
const EVERY_MOVING = 30_000; // ms
const EVERY_IDLE = 60_000;
const WALKS = 0.8; // m/s
const KEPT = 15 * 60_000;
// What waits for a connection is a track of so many ms from point to point: a hundred points, not a thousand.
const APART = 10_000;
// The server takes nothing vaguer.
export const VAGUE = 500; // m
const EARTH = 6_371_000;

/** The straight line over the ground, in metres (haversine). */
export function metres(one, other) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const height = Math.sin(radians(other.latitude - one.latitude) / 2);
  const width = Math.sin(radians(other.longitude - one.longitude) / 2);
  const chord = height ** 2 + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * width ** 2;
  return 2 * EARTH * Math.asin(Math.sqrt(Math.min(1, chord)));
}

/** Whether `fix` is somewhere else than `last`, by more than what the two may be wrong by indoors. */
export function hasMoved(last, fix) {
  return metres(last, fix) >= Math.max(MOVED, Math.min(fix.accuracy ?? 0, 100) / 2);
}

/** Whether `fix` is worth telling after `last` (null: the first); `movedAt`: when the driver last moved, ms. */
export function isDue(last, fix, movedAt) {
  if (last === null || hasMoved(last, fix)) return true;
  return fix.at - last.at >= interval(fix, movedAt);
}

/** How long a position lasts at most, ms. */
export function interval(fix, movedAt) {
  const isMoving = (fix.speed ?? 0) >= WALKS || fix.at - movedAt < EVERY_IDLE;
  return isMoving ? EVERY_MOVING : EVERY_IDLE;
}

/** `kept` with `fix`, oldest first, without what nobody wants to know any more. */
export function keep(kept, fix) {
  const young = fresh(kept, fix.at);
  const [before, last] = young.slice(-2);
  return last && last.at - before.at < APART ? [...young.slice(0, -1), fix] : [...young, fix];
}

export function fresh(kept, now) {
  return kept.filter((fix) => fix.at > now - KEPT);
}

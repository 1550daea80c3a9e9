// Lets each event through once. An order's events never go back: one that tells of a lower version than another that
// passed is dropped, and so is one that came before (two rooms, or a replay that overlaps).

// Orders of which we know the version; the oldest are forgotten first.
const MOST = 5000;

export class Sieve {
  #orders = new Map();

  /** `{number, version}` (null and null where the event is not an order's) when the event is news, else null. */
  pass(name, data) {
    const number = data?.order?.number ?? data?.order_number ?? data?.number ?? null;
    const version = data?.order_version ?? null;
    if (number === null || version === null) return { number, version };
    const known = this.#orders.get(number);
    const id = `${name} ${data.event_id}`;
    if (known && (version < known.version || known.ids.has(id))) return null;
    const ids = known && version === known.version ? known.ids : new Set();
    ids.add(id);
    this.#orders.delete(number);
    this.#orders.set(number, { version, ids });
    if (this.#orders.size > MOST) this.#orders.delete(this.#orders.keys().next().value);
    return { number, version };
  }
}

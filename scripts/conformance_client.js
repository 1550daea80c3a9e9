import fetch from "node-fetch";
import { WebSocket } from "ws";
import chai from "chai";
import chaiString from "chai-string";

chai.use(chaiString);

// The suite awaits one event after the other, and misses the second of two that arrive together: nobody listens yet.
// This client keeps events and hands out one for each turn of Node's loop, so that whoever awaits can go on between.
class BufferedWebSocket extends WebSocket {
  #events = [];

  addEventListener(type, listener, options) {
    const heard = options?.once ? (event) => { this.removeEventListener(type, heard); listener(event); } : listener;
    this.listenersOf(type).add(heard);
    listener.heard = heard;
  }

  removeEventListener(type, listener) {
    this.listenersOf(type).delete(listener.heard ?? listener);
  }

  listenersOf(type) {
    this.handed ??= new Map();
    if (!this.handed.has(type)) {
      this.handed.set(type, new Set());
      super.addEventListener(type, (event) => this.#keep(type, event));
    }
    return this.handed.get(type);
  }

  #keep(type, event) {
    this.#events.push([type, event]);
    if (this.#events.length === 1) setImmediate(() => this.#hand());
  }

  #hand() {
    const [type, event] = this.#events.shift();
    for (const listener of [...this.listenersOf(type)]) listener(event);
    if (this.#events.length) setImmediate(() => this.#hand());
  }
}

globalThis.fetch = fetch;
globalThis.WebSocket = BufferedWebSocket;
globalThis.chai = chai;

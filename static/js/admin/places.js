// The map of a fragment: the places that the fragment names (`data-places`, `data-path`) stand on it, and when the
// fragment is drawn anew the same map goes over into the fresh one and shows what that names.

import { openMap } from "../map.js";

export class Places {
  #selector;
  #element;
  #map;
  #shown = new Map(); // key -> the place as it is on the map
  #isTouched = false;
  #fitted = "";

  /** Opens the map of the fragment that matches `selector`, if it has one. */
  constructor(selector) {
    this.#selector = selector;
    document.addEventListener("passline:drawing", ({ detail }) => this.#carryOver(detail));
    document.addEventListener("passline:drawn", ({ detail }) => detail.element.matches(selector) && this.#show());
    this.#show();
  }

  /** `place` has moved, unless it was seen there later already. */
  move(place) {
    const known = this.#shown.get(place.key);
    if (!this.#map || (known?.at && place.at && Date.parse(place.at) < Date.parse(known.at))) return;
    this.#put({ ...known, ...place });
  }

  #carryOver({ old, fresh }) {
    if (!old.matches(this.#selector)) return;
    const hole = fresh.querySelector("[data-map]");
    if (this.#element && hole) hole.replaceWith(this.#element);
  }

  #show() {
    const fragment = document.querySelector(this.#selector);
    const element = fragment.querySelector("[data-map]");
    if (!element) return;
    if (element !== this.#element) this.#open(element);
    const places = JSON.parse(fragment.dataset.places);
    const keys = new Set(places.map(({ key }) => key));
    for (const key of this.#shown.keys()) {
      if (!keys.has(key)) this.#drop(key);
    }
    for (const place of places) this.move(place);
    if (fragment.dataset.path) this.#map.path(JSON.parse(fragment.dataset.path));
    this.#fit([...keys].sort().join());
  }

  #open(element) {
    this.#element = element;
    this.#map = openMap(element);
    this.#shown.clear();
    this.#fitted = "";
    for (const type of ["pointerdown", "keydown"]) element.addEventListener(type, () => (this.#isTouched = true));
  }

  #put(place) {
    const known = this.#shown.get(place.key);
    this.#shown.set(place.key, place);
    const looksTheSame = known && ["icon", "label", "kind"].every((part) => known[part] === place[part]);
    if (!looksTheSame) return this.#map.place(place.key, place);
    if (known.latitude !== place.latitude || known.longitude !== place.longitude) this.#map.move(place.key, place);
  }

  #drop(key) {
    this.#shown.delete(key);
    this.#map.drop(key);
  }

  /** All of it in view, whenever other things are shown than before, until somebody looks around. */
  #fit(keys) {
    if (this.#isTouched || keys === this.#fitted) return;
    this.#fitted = keys;
    this.#map.fit();
  }
}

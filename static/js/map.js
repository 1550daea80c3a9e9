// A map in an element (`data-map`, see the macro `map`): markers with an icon of ours, a path, and the view that holds
// them. With tiles where the settings name some; without, a plain schematic: the same places on squared paper.
//
//   const map = openMap(element);
//   map.place("restaurant", {latitude, longitude, icon: "building-store", label: "Mama Wanjiru's"});
//   map.move("driver-7", {latitude, longitude});   // glides there
//   map.drop("driver-7"); map.path([[lat, lng], ...]); map.fit();

import * as L from "../vendor/leaflet.js";
import { t } from "./words.js";

const GLIDE_MS = 900;
const CLOSEST = 16;
// So far from the edges that no label is cut off, and neither a pin nor its label is under the buttons.
const MARGIN = { paddingTopLeft: [124, 56], paddingBottomRight: [72, 56] };
const SPRITE = new URL("../vendor/icons.svg", import.meta.url).pathname;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

export function openMap(element) {
  const map = L.map(element, {
    attributionControl: Boolean(element.dataset.tiles),
    zoomSnap: 0.5,
    zoomControl: false,
    scrollWheelZoom: false,
    // A finger that scrolls the page over the map shall scroll the page.
    dragging: !L.Browser.mobile,
  });
  L.control.zoom({ zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(map);
  map.setView([0, 0], 2);
  if (element.dataset.tiles) {
    L.tileLayer(element.dataset.tiles, { maxZoom: 19, attribution: element.dataset.tilesBy }).addTo(map);
    map.attributionControl.setPrefix(false);
  }
  new ResizeObserver(() => map.invalidateSize()).observe(element);
  return new Places(map);
}

class Places {
  #map;
  #markers = new Map(); // key -> Leaflet's marker
  #glides = new Map(); // key -> the frame that was asked for
  #path = null;

  constructor(map) {
    this.#map = map;
  }

  /** Whether `key` is on the map. */
  has(key) {
    return this.#markers.has(key);
  }

  /** Put `key` there, at once; `kind` is a class of its marker: `driver`, `stale`, ... */
  place(key, { latitude, longitude, icon, label, kind = "" }) {
    this.#stop(key);
    this.#markers.get(key)?.remove();
    const marker = L.marker([latitude, longitude], { icon: drawn(icon, label, kind), title: label, alt: label });
    this.#markers.set(key, marker.addTo(this.#map));
  }

  /** Let `key` glide to another place; the same as `place` when it is not there yet. */
  move(key, to) {
    const marker = this.#markers.get(key);
    if (!marker) return this.place(key, to);
    this.#stop(key);
    const from = marker.getLatLng();
    if (calm.matches || document.visibilityState === "hidden") return marker.setLatLng([to.latitude, to.longitude]);
    const began = performance.now();
    const step = (time) => {
      const part = Math.min(1, (time - began) / GLIDE_MS);
      marker.setLatLng([from.lat + (to.latitude - from.lat) * part, from.lng + (to.longitude - from.lng) * part]);
      if (part < 1) this.#glides.set(key, requestAnimationFrame(step));
    };
    this.#glides.set(key, requestAnimationFrame(step));
  }

  /** Mark `key` with a class, or take it away. */
  mark(key, name, on = true) {
    this.#markers.get(key)?.getElement()?.classList.toggle(`pl-pin-${name}`, on);
  }

  /** Take `key` away. */
  drop(key) {
    this.#stop(key);
    this.#markers.get(key)?.remove();
    this.#markers.delete(key);
  }

  /** Draw a line through `points`, each [latitude, longitude], in place of the one before. */
  path(points) {
    this.#path?.remove();
    this.#path = points.length > 1 ? L.polyline(points, { className: "pl-path", interactive: false }).addTo(this.#map) : null;
  }

  /** Show all that is on the map. */
  fit() {
    const points = [...this.#markers.values()].map((marker) => marker.getLatLng());
    if (this.#path) points.push(...this.#path.getLatLngs());
    if (points.length === 0) return;
    this.#map.invalidateSize();
    this.#map.fitBounds(L.latLngBounds(points), { ...MARGIN, maxZoom: CLOSEST, animate: false });
  }

  /** Show all, unless `key` is well within what is shown already. */
  keepInView(key) {
    const marker = this.#markers.get(key);
    if (marker && !this.#map.getBounds().pad(-0.08).contains(marker.getLatLng())) this.fit();
  }

  #stop(key) {
    cancelAnimationFrame(this.#glides.get(key));
    this.#glides.delete(key);
  }
}

function drawn(icon, label, kind) {
  const pin = document.createElement("span");
  pin.className = "pl-pin-body";
  pin.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${SPRITE}#${icon}"></use></svg>`;
  if (label) {
    const text = document.createElement("span");
    text.className = "pl-pin-label";
    text.textContent = label;
    pin.append(text);
  }
  return L.divIcon({ html: pin, className: `pl-pin ${kind.split(" ").filter(Boolean).map((name) => `pl-pin-${name}`).join(" ")}`, iconSize: [0, 0] });
}

// Which screen this is: an id that lasts as long as the window, in front of it one that lasts as long as the device.
// It names a screen in receipts and traces; it is the browser's own word and proves nothing.

import { device, tab } from "./memory.js";

const FAMILIES = ["Edg", "OPR", "SamsungBrowser", "Firefox", "Chrome", "Safari"];
const MACHINES = ["iPad", "iPhone", "Android", "CrOS", "Windows", "Macintosh", "Linux"];

function kept(area, bytes) {
  const known = area.read("screen");
  if (typeof known === "string") return known;
  const fresh = [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
  area.write("screen", fresh);
  return fresh;
}

function name() {
  const agent = navigator.userAgent;
  const family = FAMILIES.find((word) => agent.includes(word)) ?? "Browser";
  const machine = MACHINES.find((word) => agent.includes(word));
  return machine ? `${family} on ${machine}` : family;
}

export const screen = { id: `${kept(device, 6)}-${kept(tab, 4)}`, name: name() };

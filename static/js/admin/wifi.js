// The guest Wi-Fi: drawn again when a pass is minted or a session ends, and by itself while somebody looks at it.
//
// Accounting has no events of its own: time and data move by looking.

import { refresh } from "../fragments.js";

const PERIOD = 10_000;
const NAMES = new Set(["HotspotUserCreated", "SessionExpired"]);

const draw = () => refresh(document.querySelector(".pl-wifi-admin"));

document.addEventListener("passline:event", ({ detail }) => NAMES.has(detail.name) && draw());
setInterval(() => document.visibilityState === "visible" && draw(), PERIOD);

// The list of text messages: drawn anew when one was sent, and while a delivery report may come, which no event tells of.

import { refresh } from "../fragments.js";

const LIST = ".pl-messages";
const LOOK_EVERY = 5000;

document.addEventListener("passline:event", ({ detail }) => detail.name === "CredentialsSent" && redraw());
setInterval(() => document.visibilityState === "visible" && document.querySelector(`${LIST}[data-moving]`) && redraw(), LOOK_EVERY);

function redraw() {
  refresh(document.querySelector(LIST));
}

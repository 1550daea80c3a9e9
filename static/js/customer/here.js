// "Use where I am": the device's place goes with the order, so that the driver finds the door on a map. Asked for by a
// press alone, kept in two hidden fields, and not needed: the address says the same in words.

import { t } from "../words.js";

const VAGUE = 150; // m: a place known no better than this leads to another door
const PATIENCE = 15_000;
const DENIED = 1; // GeolocationPositionError.PERMISSION_DENIED

/** Let `part`, with its button and its line of words, fill in the place of `form`. */
export function start(form, part) {
  if (!part || !window.isSecureContext || !navigator.geolocation) return part?.remove();
  const button = part.querySelector("button");
  const fields = [form.elements.latitude, form.elements.longitude];
  const hint = part.querySelector("p").textContent;
  const isKnown = () => fields.every(({ value }) => value);

  button.addEventListener("click", () => {
    if (isKnown()) return keep("", "", hint);
    button.disabled = true;
    say(t("Asking your device …"));
    navigator.geolocation.getCurrentPosition(found, refused, { enableHighAccuracy: true, timeout: PATIENCE });
  });
  if (isKnown()) keep(...fields.map(({ value }) => value), t("The driver sees your place on a map."));

  function found({ coords: { latitude, longitude, accuracy } }) {
    const metres = Math.max(1, Math.round(accuracy));
    if (accuracy > VAGUE) keep("", "", t("Your device knows it to %(metres)s m only: the address has to do.", { metres }));
    else keep(latitude.toFixed(6), longitude.toFixed(6), t("The driver sees your place on a map, to %(metres)s m.", { metres }));
  }

  function refused({ code }) {
    const denied = t("Not allowed: the address alone will do.");
    keep("", "", code === DENIED ? denied : t("Your device could not tell: the address alone will do."));
  }

  function keep(latitude, longitude, words) {
    [fields[0].value, fields[1].value] = [latitude, longitude];
    button.disabled = false;
    button.querySelector("span").textContent = isKnown() ? t("Forget where I am") : t("Use where I am");
    say(words);
  }

  function say(words) {
    part.querySelector("p").textContent = words;
  }
}

// What the driver has to know about the page itself: steps that wait to be sent, steps that were refused, and what is
// wrong with the position. Drawn from what outbox.js and location.js say.

import { t, tn } from "../words.js";
import { clock } from "./formats.js";
import { dismiss } from "./outbox.js";
import { draw } from "./slots.js";
import { words } from "./steps.js";

/** All of it: what was refused, what waits (false where that is not worth a word), where the position goes. */
export function all([refusals, steps, where]) {
  const cards = refusals.map((step) => refusal(step, () => dismiss(step)));
  return [...cards, ...(steps ? [waiting(steps)] : []), ...position(where)];
}

/** One strip for all that waits for a connection. */
function waiting(steps) {
  const rows = steps.map((step) => draw("draw-step", { ...told(step), words: words(step.verb) }));
  const count = tn("%(n)s step", "%(n)s steps", steps.length);
  return draw("draw-waiting-steps", { count, steps: rows });
}

/** One card for a step that was refused; `read` is called when the driver has read it. */
function refusal(step, read) {
  const followers = (step.dropped ?? []).map(words).join(t(", "));
  const dropped = followers ? t("Not sent either: %(steps)s.", { steps: followers }) : null;
  const title = t("Not done: %(step)s", { step: words(step.verb) });
  const card = draw("draw-refusal", { ...told(step), title, why: step.refused, dropped });
  card.querySelector("button").addEventListener("click", read);
  return card;
}

const told = ({ at, ticket: { number } }) => ({ at: clock(at), number });

const MISSED = t("Until then guests do not see you come, and others are asked first.");
const POSITIONS = {
  shared: ["good", t("Your position is shared.")],
  lost: ["warning", t("Your position is kept on the phone until there is a connection.")],
  seeking: ["calm", t("Looking for your position …")],
  vague: ["warning", t("Your position is too vague to be shared. Step outside, or switch precise location on.")],
  none: ["warning", t("No position: the phone cannot find out where it is. Is location switched on?")],
  refused: ["warning", `${t("No position: allow it for this page in the browser.")} ${MISSED}`],
  missing: ["warning", `${t("No position: this browser has none to give.")} ${MISSED}`],
};

/** Where the position goes, in one line. */
function position({ state, isLost }) {
  if (state === "off") return [];
  const [kind, text] = POSITIONS[isLost ? "lost" : state];
  const line = draw("draw-position", { text });
  line.dataset.kind = kind;
  return [line];
}

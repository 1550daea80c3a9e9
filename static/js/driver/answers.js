// What an answer of the server means for a step that waits to be sent, and how long to wait for the next try.
// Nothing here touches the page.

import { t } from "../words.js";

const LONGEST_PAUSE = 30_000; // ms
const PASSES = new Set([408, 425, 429]);
// Not a refusal: the first of two is still being worked on.
const IN_FLIGHT = "idempotency_in_flight";

/**
 * `done`; `refused` for good; `later`: nobody answered, or somebody who cannot now; `login`; `reload`: the session is
 * another one than the page's. `answer` is {status, document}, null when there was none.
 */
export function outcome(answer) {
  if (answer === null || answer.status >= 500 || PASSES.has(answer.status)) return "later";
  if (answer.status < 300) return "done";
  if (answer.status === 401) return "login";
  if (answer.document?.code === "csrf") return "reload";
  return answer.document?.code === IN_FLIGHT ? "later" : "refused";
}

/** Why, in a sentence: the problem's own words, and what is wrong with its fields where they say more. */
export function sentence(answer) {
  const { detail = t("It was refused."), errors } = answer.document ?? {};
  const fields = Object.values(errors ?? {}).flat().filter((message) => !detail.includes(message));
  return [detail, ...fields].join(" ");
}

/** How long to wait after so many tries that failed, ms; `chance` (0 to 1) spreads phones that wake together. */
export function pause(tries, chance = Math.random()) {
  return Math.min(LONGEST_PAUSE, 1000 * 2 ** (tries - 1)) * (0.75 + chance / 2);
}

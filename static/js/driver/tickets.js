// The driver's tickets as the server has them: fetched whole, whenever anything may have changed. The phone keeps the
// last one, so that a page that is opened in a dead zone still knows the way.

import * as freshness from "../freshness.js";
import { t } from "../words.js";
import { outcome, pause } from "./answers.js";
import { call } from "./calls.js";
import * as store from "./store.js";

const PATH = "/api/driver/tickets";

let driver = null;
let changed = () => {};
let list = null; // {duty {on, reason, message}, items, waiting}
let generation = 0; // what was asked for before the last step was sent, is old
let isRunning = false;
let isWantedAgain = false;
let tries = 0;
let timer = null;

export const now = () => list;

export async function start(person, callback) {
  driver = person;
  changed = callback;
  const kept = (await store.all("kept")).find(({ name }) => name === "list");
  if (kept?.driver === person) show(kept.list);
  await refresh();
}

/** Fetch it anew; what comes while one is under way is fetched after it, once. */
export async function refresh() {
  if (isRunning) {
    isWantedAgain = true;
    return;
  }
  isRunning = true;
  clearTimeout(timer);
  try {
    do {
      isWantedAgain = false;
      await run();
    } while (isWantedAgain);
  } finally {
    isRunning = false;
  }
}

/** The answer of a step is newer than any list that was asked for before. */
export function put(ticket) {
  generation += 1;
  if (list === null) return;
  const others = list.items.filter(({ id }) => id !== ticket.id);
  show({ ...list, items: [ticket, ...others], waiting: list.waiting.filter(({ id }) => id !== ticket.id) });
}

/** The server said what the duty is. */
export function putDuty(duty) {
  generation += 1;
  if (list !== null) show({ ...list, duty });
}

/** Forget what the phone keeps: somebody logs out. */
export const forget = () => store.remove("kept", "list");

async function run() {
  const asked = generation;
  const answer = await call("GET", PATH);
  const what = outcome(answer);
  if (what === "done") took(answer.document, asked);
  else if (what === "login") refused();
  else failed();
}

function took(document, asked) {
  tries = 0;
  freshness.caughtUp(PATH);
  if (asked !== generation) {
    isWantedAgain = true;
    return;
  }
  store.put("kept", { name: "list", driver, list: document });
  show(document);
}

/** What is on the screen stays; what the phone keeps is for nobody else. */
function refused() {
  forget();
  freshness.refused(t("You are not logged in any more."));
}

function failed() {
  tries += 1;
  freshness.fellBehind(PATH);
  timer = setTimeout(refresh, pause(tries) / 2);
}

function show(fresh) {
  list = fresh;
  changed();
}

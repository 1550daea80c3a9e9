// What a driver does with a delivery: for each state the one step that comes next, as a table on one screen. The
// server's machine decides (app/domain/ticket_states.py); here is what is offered, and where a step leads that was not
// sent yet. Nothing here touches the page.

import { t } from "../words.js";

/** state -> the step: its address, the state that it leads to, and what it asks (`code`, `proof`). */
export const NEXT = {
  assigned: { verb: "at-pickup", leads: "at_pickup" },
  at_pickup: { verb: "picked-up", leads: "picked_up", asks: "code" },
  picked_up: { verb: "at-dropoff", leads: "at_dropoff" },
  at_dropoff: { verb: "delivered", leads: "delivered", asks: "proof" },
  failed: { verb: "returning", leads: "returning" },
  returning: { verb: "returned", leads: "returned" },
};

const WORDS = {
  accept: t("Accept"),
  decline: t("Decline"),
  "at-pickup": t("I am at the restaurant"),
  "picked-up": t("Picked up"),
  "at-dropoff": t("I am at the door"),
  delivered: t("Delivered"),
  failed: t("I cannot do this"),
  returning: t("I am taking it back"),
  returned: t("It is back at the restaurant"),
};
const WITH_THE_FOOD = new Set(["picked_up", "at_dropoff"]);
const BACK = new Set(["failed", "returning"]);

/** A step as its button says it. */
export const words = (verb) => WORDS[verb] ?? verb;

/** Whether the driver is under way with it, there or back. */
export const isUnderWay = ({ status }) => status in NEXT;

export const isWithTheFood = ({ status }) => WITH_THE_FOOD.has(status);

export const goesBack = ({ status }) => BACK.has(status);

/** `ticket` as it will be when `steps`, which wait to be sent, have been. Each makes one version. */
export function ahead(ticket, steps) {
  return steps.reduce((now, { verb }) => ({ ...now, status: leadsTo(now, verb), version: now.version + 1 }), ticket);
}

function leadsTo(ticket, verb) {
  if (verb === "accept") return "assigned";
  if (verb === "decline") return "unassigned";
  if (verb === "failed") return isWithTheFood(ticket) ? "failed" : "unassigned";
  return Object.values(NEXT).find((step) => step.verb === verb)?.leads ?? ticket.status;
}

// Forms that act on what the page shows (`data-live-form`): posted by fetch, refused in a sentence; on a stale page
// they do not act but ask for a reload. Without JavaScript the same forms post, and the answer is a redirect.

import { refresh } from "./fragments.js";
import * as freshness from "./freshness.js";
import { isFilled } from "./keeping.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const PATIENCE = 15_000;

export function start() {
  document.addEventListener("submit", submitted, true);
}

/** Whether somebody has begun to fill in a form, which a reload would throw away. */
export function areBeingFilled() {
  return [...document.querySelectorAll("form input, form textarea, form select")].some(isFilled);
}

function submitted(event) {
  const form = event.target.closest("form[data-live-form]");
  if (!form) return;
  event.preventDefault();
  if (freshness.isStale()) askForReload();
  else if (form.ariaBusy !== "true") send(form, event.submitter);
}

function askForReload() {
  document.querySelector("dialog[data-asks]")?.remove();
  const dialog = document.createElement("dialog");
  dialog.className = "pl-dialog";
  dialog.dataset.asks = "reload";
  const words = document.createElement("p");
  words.textContent = `${freshness.why()} ${t("Nothing was done: look at the page anew, then act.")}`;
  const way = freshness.wayOn();
  way.className = "btn btn-primary";
  way.autofocus = true;
  dialog.append(words, way);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

async function send(form, submitter) {
  form.ariaBusy = "true";
  try {
    const response = await fetch(submitter?.getAttribute("formaction") ?? form.getAttribute("action"), {
      method: "POST",
      body: new URLSearchParams(new FormData(form, submitter)),
      headers: { Accept: "application/problem+json" },
      // What the redirect leads to is drawn by its own fragment; the page itself need not come again.
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.type === "opaqueredirect" || response.ok) done(form);
    else refused(form, response.status, await response.json());
  } catch (error) {
    console.warn("passline: a form could not be sent", error);
    form.ariaBusy = null;
    // Whether it arrived is not known; that the form says its version makes pressing again harmless.
    const text = t("The connection failed. Look whether it happened; if not, try again.");
    toast({ kind: "danger", title: t("Not sent"), text });
  }
}

/** It happened. The form stays busy until what it stands in is drawn anew, so that it cannot be sent twice. */
function done(form) {
  form.reset();
  form.closest("dialog")?.close();
  form.closest("details[open]")?.removeAttribute("open");
  const fragment = form.closest("[data-fragment]");
  if (fragment) refresh(fragment);
  else form.ariaBusy = null;
}

function refused(form, status, problem) {
  form.ariaBusy = null;
  toast({ kind: status === 409 ? "warning" : "danger", ...sentence(problem) });
  if (status === 401) freshness.refused(t("You are not logged in any more."));
  const fragment = form.closest("[data-fragment]");
  if (fragment && status === 409) refresh(fragment, problem.version);
}

/** What a problem says to a person; `errors` names the fields. */
function sentence({ title, detail, errors }) {
  const fields = Object.values(errors ?? {}).flat().filter((message) => !detail.includes(message));
  return { title, text: [detail, ...fields].join(" ") };
}

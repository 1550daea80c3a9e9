// The sheets that ask before a step is done: a code by number pad, a photograph, a note, a reason. A sheet stays open
// until its answer is known, so that a wrong code can be typed again where it was typed.

import { t } from "../words.js";
import { base64, shrink } from "./photo.js";
import { fill } from "./slots.js";
import { words as wordsOf } from "./steps.js";

let photo = null; // as a data URL

export function start() {
  for (const sheet of document.querySelectorAll("dialog[data-sheet]")) {
    sheet.addEventListener("click", ({ target }) => {
      if (target === sheet || target.closest("[data-close]")) sheet.close();
    });
    sheet.querySelector("form").addEventListener("input", () => complain(sheet, ""));
  }
  document.querySelector("[data-pad]").addEventListener("click", ({ target }) => pressed(target.closest("button")));
  document.querySelector("[data-photo]").addEventListener("change", ({ target }) => taken(target));
}

/**
 * Open the sheet `name` for the step `verb`, with `words`; `send(values)` is called with what was given, and answers as
 * the outbox does.
 */
export function ask(name, verb, words, send) {
  const sheet = document.querySelector(`dialog[data-sheet="${name}"]`);
  const form = sheet.querySelector("form");
  fill(sheet, { button: wordsOf(verb), ...words, error: "" });
  form.querySelector("[type=submit]").dataset.verb = verb;
  form.reset();
  form.ariaBusy = null;
  show(null);
  form.onsubmit = (event) => {
    event.preventDefault();
    if (form.ariaBusy !== "true") submitted(sheet, form, send);
  };
  sheet.showModal();
}

async function submitted(sheet, form, send) {
  const given = [...new FormData(form)].filter(([, value]) => typeof value === "string" && value.trim());
  const values = Object.fromEntries(given);
  if (photo !== null) values.photo = base64(photo);
  if (!(form.dataset.needs in values)) return complain(sheet, form.dataset.missing);
  form.ariaBusy = "true";
  const answer = await send(values);
  form.ariaBusy = null;
  if (answer.outcome === "refused") complain(sheet, answer.sentence);
  else sheet.close();
}

function complain(sheet, error) {
  const line = sheet.querySelector("[data-complaint]");
  fill(line, { error });
  line.hidden = !error;
}

function pressed(button) {
  const field = button?.form.querySelector("input[inputmode]");
  if (!field) return;
  const { digit } = button.dataset;
  field.value = digit === undefined ? field.value.slice(0, -1) : `${field.value}${digit}`.slice(0, field.maxLength);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function taken(field) {
  const [file] = field.files;
  const url = file ? await shrink(file) : null;
  show(url);
  if (file && url === null) complain(field.closest("dialog"), t("That is no picture. Take another one."));
}

function show(url) {
  photo = url;
  const image = document.querySelector("[data-photo-shown]");
  image.hidden = url === null;
  if (url) image.src = url;
  else image.removeAttribute("src");
}

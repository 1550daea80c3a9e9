// Puts a fresh element in the place of an old one without taking anything out of somebody's hands: what was typed,
// chosen, opened and focused goes over to its counterpart in the fresh one, if there is one.

/** Replace `old` by `fresh`; answers `fresh`. */
export function replace(old, fresh) {
  const opened = [...old.querySelectorAll("details[open]")].map(keyOf);
  const filled = [...old.querySelectorAll("input, textarea, select")].filter(isFilled);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const selection = focused && selectionOf(focused);

  for (const details of fresh.querySelectorAll("details")) {
    if (opened.includes(keyOf(details))) details.open = true;
  }
  for (const field of filled) refill(counterpart(fresh, field), field);
  // Where the focus would land has to be known before the old one leaves the page.
  const next = focused && (focused === old ? fresh : counterpart(fresh, focused));
  old.replaceWith(fresh);
  focus(next ?? (focused && fresh.matches("[tabindex]") ? fresh : null), selection);
  return fresh;
}

/** Whether somebody has put something into `field` that the server did not. */
export function isFilled(field) {
  if (field.type === "hidden" || field.disabled) return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected && o.value);
  return field.value !== field.defaultValue;
}

function refill(field, from) {
  if (!field) return;
  if (field.type === "checkbox" || field.type === "radio") field.checked = from.checked;
  else field.value = from.value;
}

function focus(element, selection) {
  if (!element) return;
  element.focus({ preventScroll: true });
  if (selection) element.setSelectionRange(...selection);
}

function selectionOf(element) {
  try {
    return element.selectionStart == null ? null : [element.selectionStart, element.selectionEnd];
  } catch {
    return null; // this kind of input has no selection
  }
}

/** The element of `fresh` that is for the same thing as `element` was. */
function counterpart(fresh, element) {
  const key = keyOf(element);
  return [...fresh.querySelectorAll(element.tagName)].find((other) => keyOf(other) === key);
}

/** What an element is for: its form, its name, and (buttons, boxes, links, summaries) its value or words. */
function keyOf(element) {
  const form = element.form?.getAttribute("action") ?? element.closest("details")?.dataset.keep ?? "";
  const typed = element.matches("textarea, select, input:not([type=checkbox], [type=radio])");
  const what = typed ? "" : element.getAttribute("value") || element.getAttribute("href") || wordsOf(element);
  return [element.tagName, form, element.getAttribute("name") ?? element.dataset.keep ?? "", what].join("|");
}

function wordsOf(element) {
  const words = element.tagName === "DETAILS" ? element.querySelector("summary") : element;
  return words?.textContent.trim().replace(/\s+/g, " ") ?? "";
}

// Fills what templates/driver/ has drawn: `data-slot="name"` gets a text or elements, `data-href="name"` an address;
// `data-if="name"` is there only where the value says something.

/** A copy of the template `id`, filled. */
export function draw(id, values = {}) {
  return fill(document.getElementById(id).content.firstElementChild.cloneNode(true), values);
}

export function fill(element, values) {
  for (const part of all(element, "if")) part.hidden = !values[part.dataset.if];
  for (const link of all(element, "href")) link.href = values[link.dataset.href] ?? "";
  // Last: what is put into a slot has been filled already.
  for (const slot of all(element, "slot")) put(slot, values[slot.dataset.slot] ?? "");
  return element;
}

function all(element, kind) {
  return [element, ...element.querySelectorAll(`[data-${kind}]`)].filter((part) => kind in part.dataset);
}

function put(slot, value) {
  if (typeof value === "object") slot.replaceChildren(...[value].flat());
  else if (slot.textContent !== String(value)) slot.textContent = value;
}

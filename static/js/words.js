// What this page's scripts say, in its language: `t("Not sent")`, `t("%(n)s min", {n})`, and where something is counted
// `tn("%(n)s item", "%(n)s items", n)`. English is the key; _root.html brings the words of every other language.

const element = document.getElementById("pl-words");
const words = element ? JSON.parse(element.textContent) : {};
// In the order in which a catalogue has its forms.
const FORMS = ["zero", "one", "two", "few", "many", "other"];
export const language = document.documentElement.lang || "en";
const rules = new Intl.PluralRules(language);
const spoken = FORMS.filter((form) => rules.resolvedOptions().pluralCategories.includes(form));

/** `text` in the page's language, with `values` in it. */
export function t(text, values = {}) {
  return filled(words[text] ?? text, values);
}

/** `one` or `many` of something, as `n` asks for; it is among the values as `n`. */
export function tn(one, many, n, values = {}) {
  const said = words[one]?.[spoken.indexOf(rules.select(n))] ?? (n === 1 ? one : many);
  return filled(said, { n, ...values });
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}

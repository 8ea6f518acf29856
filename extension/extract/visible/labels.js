// @ts-check
// Reader of labelled values on the visible page: "SKU: 123", a row "Brand | Acme", "Item number" above its value. Layouts differ
// and are ignored. A label is a text with one of the known words, in any of the languages of page-words.json; its value is the
// rest of that text, else the next text close by.
import { normaliseGtin } from "../../values/gtin.js";
import { clean } from "../../values/text.js";
import { isAside, lineage } from "./elements.js";
import { availabilityIn, labelKind } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../page.js").VisibleText} VisibleText */
/** @typedef {{kind: string, value: string}} Labelled */

const MAX_LABEL = 40;
const MAX_VALUE = 80;
const MAX_NAME = 60;
const MAX_STEPS = 3;
const MAX_DISTANCE = 4;
const SEPARATORS = pageVocabulary.visible.labels.separators;
const SEPARATOR = new RegExp(`\\s*[${SEPARATORS}]+\\s*`, "u");
const LEADING_SEPARATORS = new RegExp(`^[${SEPARATORS} ]+`, "u");
const CODE = /^[\p{L}\p{N}_./+-]{3,40}/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{N}]/u;

/** @type {Record<string, (value: string) => string | null>} */
const READERS = {
  sku: codeOf,
  mpn: (value) => (codeOf(value) ? clean(value, 100) : null),
  gtin: normaliseGtin,
  brand: nameOf,
  availability: availabilityIn,
};

/** Return the code that a value begins with; it has a digit and is alone or before more words. @param {string} value @returns {string | null} */
function codeOf(value) {
  const code = (CODE.exec(value)?.[0] ?? "").replace(/^[./+-]+|[./+-]+$/g, "");
  return /\p{Nd}/u.test(code) && standsAlone(value, code.length) ? code : null;
}

/** @param {string} value @param {number} length */
function standsAlone(value, length) {
  return value.length <= MAX_VALUE && !LETTER_OR_DIGIT.test(value.slice(length));
}

/** @param {string} value @returns {string | null} a short name, or null for a sentence */
function nameOf(value) {
  const text = clean(value, 200);
  return text && text.length <= MAX_NAME && /\p{L}/u.test(text) ? text : null;
}

/** @param {string} text @returns {string | null} */
function kindOf(text) {
  return text.length <= MAX_LABEL ? labelKind(text) : null;
}

/** @param {VisibleText[]} texts @param {number} index of the label @returns {string | null} the next text with a letter or digit, where it is close to the label and not a label itself */
function following(texts, index) {
  const near = lineage(texts[index].element).slice(0, MAX_DISTANCE + 1);
  for (const { text, element } of texts.slice(index + 1, index + 1 + MAX_STEPS)) {
    const value = text.replace(LEADING_SEPARATORS, "");
    if (!/[\p{L}\p{N}]/u.test(value)) continue;
    const isNear = lineage(element)
      .slice(0, MAX_DISTANCE + 1)
      .some((part) => near.includes(part));
    return isNear && !kindOf(value.split(SEPARATOR, 1)[0]) ? value : null;
  }
  return null;
}

/** @param {VisibleText[]} texts @param {number} index @returns {Labelled | null} what the text labels */
function labelledBy(texts, index) {
  const { text } = texts[index];
  const separator = SEPARATOR.exec(text);
  const kind = kindOf(separator ? text.slice(0, separator.index) : text);
  if (kind) {
    const value = (separator && text.slice(separator.index + separator[0].length)) || following(texts, index);
    return value ? { kind, value } : null;
  }
  const space = text.lastIndexOf(" ");
  const value = text.slice(space + 1);
  const named = space > 0 && /\p{Nd}/u.test(value) ? kindOf(text.slice(0, space)) : null;
  return named && named !== "brand" ? { kind: named, value } : null;
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} the first plausible value of each kind; a page with exactly one code and a value of another kind is about one product, even without a price */
export function extract(page) {
  /** @type {Record<string, string>} */
  const found = {};
  const codes = new Set();
  for (const [index, { text, element }] of page.texts.entries()) {
    const labelled = text.length <= MAX_LABEL + MAX_VALUE ? labelledBy(page.texts, index) : null;
    const value = labelled && READERS[labelled.kind](labelled.value);
    if (!value || isAside(element)) continue;
    found[labelled.kind] ??= value;
    if (labelled.kind === "sku") codes.add(value);
  }
  const numKinds = Object.keys(found).length;
  const isProduct = codes.size === 1 && numKinds > 1 && page.headings.length > 0;
  return numKinds > 0 ? [{ syntax: "dom", isProduct, ...found }] : [];
}

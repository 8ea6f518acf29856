// @ts-check
// Combination of all Candidates of a page into one Product, by the rules of scraper/extraction/combine.py.
import { truthy } from "./markup/nodes.js";
import { CODE, rank } from "./visible/address-code.js";
import { withoutDecoration } from "./visible/decorative-images.js";
import { unitsOf } from "../values/price.js";
import { keyOf } from "../values/text.js";
import { pageVocabulary } from "../generated/contracts.js";

const vocabulary = pageVocabulary.combine;

/** @typedef {import("../values/price.js").Price} Price */
/** @typedef {import("./candidate.js").Candidate} Candidate */

// Markup written for machines comes first, most exact first; the visible page comes last.
const PRECEDENCE = vocabulary.precedence;
const LANGUAGE_PRECEDENCE = vocabulary.languagePrecedence;
const FIELDS = pageVocabulary.values.product.fields;
// Those whose first candidate wins; the others have rules of their own.
const FIRST_WINS = FIELDS.filter((name) => !vocabulary.fieldsWithOwnRules.includes(name));
/** Return the fields without a good value: a price needs a currency, a sku needs a code from outside the address. @param {Candidate[]} candidates @returns {Set<string>} */
export function missingFields(candidates) {
  const missing = new Set(FIELDS.filter((name) => !candidates.some((candidate) => truthy(candidate[name]))));
  if (!candidates.some(({ price }) => price?.currency)) missing.add("price");
  if (!candidates.some(({ sku, syntax }) => sku && syntax !== "url" && rank(sku) === CODE)) missing.add("sku");
  return missing;
}

/** @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addPrices(ordered, values, provenance) {
  let at = ordered.findIndex(({ price }) => price);
  if (at < 0) return;
  const units = unitsOf(/** @type {Price} */ (ordered[at].price).amount);
  if (!ordered[at].price?.currency) {
    const same = ordered.findIndex(({ price }) => price?.currency && unitsOf(price.amount) === units);
    if (same >= 0) at = same;
  }
  const first = /** @type {Price} */ (ordered[at].price);
  // A later source with a lower price and this one as its regular price wins: markup often holds the list price.
  const sale = ordered.findIndex(
    ({ price: asked, regularPrice: before }, i) =>
      i > at &&
      asked &&
      before &&
      unitsOf(before.amount) === unitsOf(first.amount) &&
      asked.currency === first.currency &&
      unitsOf(asked.amount) < unitsOf(first.amount),
  );
  if (sale >= 0) at = sale;
  const price = /** @type {Price} */ (ordered[at].price);
  [values.price, provenance.price] = [price, ordered[at].syntax];
  const regular = ordered
    .slice(at)
    .find(
      ({ regularPrice, price: own }) =>
        regularPrice &&
        (!own || unitsOf(own.amount) === unitsOf(price.amount)) &&
        regularPrice.currency === price.currency &&
        unitsOf(regularPrice.amount) > unitsOf(price.amount),
    );
  if (regular) [values.regularPrice, provenance.regularPrice] = [regular.regularPrice, regular.syntax];
}

/** Add the code that the page shows beside a label: markup often holds an internal number. Else the first code; a GTIN or words only where there is no other. @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addSku(ordered, values, provenance) {
  const named = ordered.filter(({ sku }) => sku);
  if (named.length === 0) return;
  const most = Math.max(...named.map(({ sku }) => rank(sku)));
  const best = named.find(({ syntax }) => syntax === "dom") ?? named.find(({ sku }) => rank(sku) === most);
  [values.sku, provenance.sku] = [best?.sku, /** @type {Candidate} */ (best).syntax];
}

/** Add the mpn, but not one that copies its markup's sku where the page shows another sku: that is internal. @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addMpn(ordered, values, provenance) {
  const own = ordered.find(({ mpn, sku }) => mpn && (mpn !== sku || values.sku === sku));
  if (own) [values.mpn, provenance.mpn] = [own.mpn, own.syntax];
}

/** @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addAttributes(ordered, values, provenance) {
  const named = ordered.filter(({ attributes }) => truthy(attributes));
  if (named.length === 0) return;
  const merged = Object.assign({}, ...named.map(({ attributes }) => attributes).reverse());
  const sorted = Object.entries(merged)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, 40);
  [values.attributes, provenance.attributes] = [Object.fromEntries(sorted), named[0].syntax];
}

/** @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addLanguage(ordered, values, provenance) {
  for (const syntax of LANGUAGE_PRECEDENCE) {
    const language = ordered.findLast((candidate) => candidate.syntax === syntax && candidate.language)?.language;
    if (!language) continue;
    [values.language, provenance.language] = [language, syntax];
    return;
  }
}

/** @param {Candidate[]} candidates @returns {{values: Record<string, any>, provenance: Record<string, string>}} */
export function combine(candidates) {
  const ordered = [...candidates].sort(
    (a, b) =>
      Number(a.isWeak ?? false) - Number(b.isWeak ?? false) ||
      PRECEDENCE.indexOf(a.syntax) - PRECEDENCE.indexOf(b.syntax),
  );
  /** @type {Record<string, any>} */
  const values = {};
  /** @type {Record<string, string>} */
  const provenance = {};
  for (const name of FIRST_WINS) {
    const valueIn = (/** @type {Candidate} */ candidate) =>
      name === "images" ? withoutDecoration(candidate.images) : candidate[name];
    const first = ordered.find((candidate) => truthy(valueIn(candidate)));
    if (first) [values[name], provenance[name]] = [valueIn(first), first.syntax];
  }
  addPrices(ordered, values, provenance);
  addSku(ordered, values, provenance);
  addMpn(ordered, values, provenance);
  addAttributes(ordered, values, provenance);
  addLanguage(ordered, values, provenance);
  const last = values.categoryPath?.at(-1);
  if (last && keyOf(last) === keyOf(values.title)) {
    // A last step that repeats the title is the product itself.
    values.categoryPath = values.categoryPath.slice(0, -1);
    if (values.categoryPath.length === 0) for (const object of [values, provenance]) delete object.categoryPath;
  }
  return { values, provenance };
}

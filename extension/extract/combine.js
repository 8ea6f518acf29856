// @ts-check
// One Product from what the syntaxes say; the rules are those of the scraper's combine.py, and vectors/pages/ prove it.
import * as dom from "./dom.js";
import { itemIdOf, shopOf } from "./identity.js";
import { truthy } from "./items.js";
import * as jsonld from "./jsonld.js";
import * as microdata from "./microdata.js";
import * as opengraph from "./opengraph.js";
import { createPage } from "./page.js";
import { unitsOf } from "./price.js";
import * as rdfa from "./rdfa.js";
import * as state from "./state.js";
import { keyOf } from "./text.js";
import { verdictOf } from "./verdict.js";

/** @typedef {import("./price.js").Price} Price */
/** @typedef {"json-ld" | "microdata" | "rdfa" | "opengraph" | "state" | "meta" | "dom"} Syntax */
/**
 * What one syntax of one page says about the product; unknown is null, undefined or empty.
 * @typedef {{syntax: Syntax, isProduct?: boolean, isWeak?: boolean, numProducts?: number, title?: string | null, price?: Price | null,
 *   regularPrice?: Price | null, categoryPath?: string[], attributes?: Record<string, string>, language?: string} & Record<string, any>} Candidate
 */

// Markup written for machines comes first, most exact first; the visible page is asked last.
const PRECEDENCE = ["json-ld", "microdata", "rdfa", "opengraph", "state", "meta", "dom"];
const LANGUAGE_PRECEDENCE = ["dom", "opengraph", "meta"];
const FIELDS = ["title", "description", "brand", "categoryPath", "gtin", "sku", "mpn", "images", "availability", "condition",
  "rating", "variants", "reviews"];
const EXTRACTORS = [jsonld.extract, microdata.extract, rdfa.extract, opengraph.extract, state.extract, dom.extract];

/** @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addPrices(ordered, values, provenance) {
  let at = ordered.findIndex(({ price }) => price);
  if (at < 0) return;
  const units = unitsOf(/** @type {Price} */ (ordered[at].price).amount);
  if (!ordered[at].price?.currency) {
    const same = ordered.findIndex(({ price }) => price?.currency && unitsOf(price.amount) === units);
    if (same >= 0) at = same;
  }
  const price = /** @type {Price} */ (ordered[at].price);
  [values.price, provenance.price] = [price, ordered[at].syntax];
  const regular = ordered.slice(at).find(({ regularPrice, price: own }) =>
    regularPrice && (!own || unitsOf(own.amount) === units) && regularPrice.currency === price.currency && unitsOf(regularPrice.amount) > unitsOf(price.amount));
  if (regular) [values.regularPrice, provenance.regularPrice] = [regular.regularPrice, regular.syntax];
}

/** @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addAttributes(ordered, values, provenance) {
  const named = ordered.filter(({ attributes }) => truthy(attributes));
  if (named.length === 0) return;
  const merged = Object.assign({}, ...named.map(({ attributes }) => attributes).reverse());
  const sorted = Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, 40);
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
  const ordered = [...candidates].sort((a, b) => Number(a.isWeak ?? false) - Number(b.isWeak ?? false) || PRECEDENCE.indexOf(a.syntax) - PRECEDENCE.indexOf(b.syntax));
  /** @type {Record<string, any>} */
  const values = {};
  /** @type {Record<string, string>} */
  const provenance = {};
  for (const name of FIELDS) {
    const says = ordered.find((candidate) => truthy(candidate[name]));
    if (says) [values[name], provenance[name]] = [says[name], says.syntax];
  }
  addPrices(ordered, values, provenance);
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

/** @param {any} value @returns {any} without anything that is absent: null never appears on the wire */
function present(value) {
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, part]) => part !== null && part !== undefined && (typeof part !== "object" || truthy(part)));
  return Object.fromEntries(known.map(([key, part]) => [key, present(part)]));
}

/**
 * The Product of a page, in the wire form of product.schema.json. One whose verdict is not "product" gives its identity only:
 * what a refusal or a list says about itself is no product's title.
 * @param {Document} document
 * @param {string} url where it stands
 * @returns {Promise<Record<string, any>>}
 * @throws {import("../core/errors.js").UrlError}
 */
export async function extractProduct(document, url) {
  const page = createPage(document, url);
  const candidates = EXTRACTORS.flatMap((extract) => extract(page));
  const verdict = verdictOf(candidates, page);
  const { values, provenance } = verdict === "product" ? combine(candidates) : { values: {}, provenance: {} };
  const { url: itemUrl, namedBy } = page.item;
  return {
    shop: shopOf(itemUrl), itemId: await itemIdOf(itemUrl), url: itemUrl, verdict,
    ...present(values),
    provenance: { ...provenance, url: namedBy },
  };
}

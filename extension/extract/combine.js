// @ts-check
// One Product from what the syntaxes say; the rules are those of the scraper's combine.py, and vectors/pages/ prove it.
import * as codes from "./visible/address-code.js";
import * as dom from "./visible/price-and-title.js";
import { itemIdOf, shopOf } from "../values/identity.js";
import { truthy } from "./markup/nodes.js";
import * as jsonld from "./markup/jsonld.js";
import * as labels from "./visible/labels.js";
import * as maker from "./visible/brand.js";
import * as microdata from "./markup/microdata.js";
import * as opengraph from "./markup/opengraph.js";
import { createPage } from "./page.js";
import { unitsOf } from "../values/price.js";
import * as rdfa from "./markup/rdfa.js";
import * as state from "./state/reader.js";
import * as stock from "./visible/stock.js";
import { withoutDecoration } from "./visible/decorative-images.js";
import { keyOf } from "../values/text.js";
import * as trail from "./visible/breadcrumb-trail.js";
import { verdictOf } from "./verdict.js";
import * as was from "./visible/regular-price.js";
import { pageVocabulary } from "../generated/contracts.js";

const vocabulary = pageVocabulary.combine;

/** @typedef {import("../values/price.js").Price} Price */
/** @typedef {"json-ld" | "microdata" | "rdfa" | "opengraph" | "state" | "meta" | "dom" | "url"} Syntax */
/**
 * What one syntax of one page says about the product; unknown is null, undefined or empty.
 * @typedef {{syntax: Syntax, isProduct?: boolean, isWeak?: boolean, numProducts?: number, title?: string | null, price?: Price | null,
 *   regularPrice?: Price | null, categoryPath?: string[], attributes?: Record<string, string>, language?: string} & Record<string, any>} Candidate
 */

// Markup written for machines comes first, most exact first; the visible page is asked last.
const PRECEDENCE = vocabulary.precedence;
const WRITTEN_FOR_PEOPLE = pageVocabulary.extract.titleSyntaxesWithHiddenWords;
const MIN_TITLE = 12;
const LANGUAGE_PRECEDENCE = vocabulary.languagePrecedence;
const FIELDS = pageVocabulary.values.product.fields;
// Those whose first candidate wins; the others have rules of their own.
const FIRST_WINS = FIELDS.filter((name) => !vocabulary.fieldsWithOwnRules.includes(name));
const FILLS = pageVocabulary.extract.fills;
/**
 * One extractor per syntax; the combiner decides between them. Those with fields to fill are asked only while one of these is
 * still missing: on a page whose markup says everything, nothing else is read.
 * @type {{extract: (page: import("./page.js").Page) => Candidate[], fills?: string[]}[]}
 */
const EXTRACTORS = [
  { extract: jsonld.extract },
  { extract: microdata.extract },
  { extract: rdfa.extract },
  { extract: opengraph.extract },
  { extract: codes.extract },
  { extract: state.extract },
  { extract: labels.extract },
  { extract: maker.extract, fills: FILLS.brand },
  { extract: trail.extract, fills: FILLS.breadcrumbTrail },
  { extract: stock.extract, fills: FILLS.stock },
  { extract: dom.extract, fills: FILLS.priceAndTitle },
];

/** The fields that no candidate tells well: a price needs its currency, a sku a code beside the address's. @param {Candidate[]} candidates @returns {Set<string>} */
export function missingFields(candidates) {
  const missing = new Set(FIELDS.filter((name) => !candidates.some((candidate) => truthy(candidate[name]))));
  if (!candidates.some(({ price }) => price?.currency)) missing.add("price");
  if (!candidates.some(({ sku, syntax }) => sku && syntax !== "url" && codes.rank(sku) === codes.CODE))
    missing.add("sku");
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
  // A later source that asks less and names this amount as its price before knows more: markup often holds the list price.
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

/** The code shown to people beside a label: markup often holds an internal number. Else the first code; a GTIN or words only where there is no other. @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
function addSku(ordered, values, provenance) {
  const named = ordered.filter(({ sku }) => sku);
  if (named.length === 0) return;
  const most = Math.max(...named.map(({ sku }) => codes.rank(sku)));
  const best = named.find(({ syntax }) => syntax === "dom") ?? named.find(({ sku }) => codes.rank(sku) === most);
  [values.sku, provenance.sku] = [best?.sku, /** @type {Candidate} */ (best).syntax];
}

/** An mpn that only copies the same markup's sku is the shop's own number, where people are shown another. @param {Candidate[]} ordered @param {Record<string, any>} values @param {Record<string, string>} provenance */
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
    const told = (/** @type {Candidate} */ candidate) =>
      name === "images" ? withoutDecoration(candidate.images) : candidate[name];
    const says = ordered.find((candidate) => truthy(told(candidate)));
    if (says) [values[name], provenance[name]] = [told(says), says.syntax];
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

/** @param {any} value @returns {any} without anything that is absent: null never appears on the wire */
function present(value) {
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(
    ([, part]) => part !== null && part !== undefined && (typeof part !== "object" || truthy(part)),
  );
  return Object.fromEntries(known.map(([key, part]) => [key, present(part)]));
}

/** @param {Record<string, string>} provenance */
function rendered(provenance) {
  return Object.fromEntries(
    Object.entries(provenance).map(([name, syntax]) => [name, syntax === "dom" ? "rendered" : syntax]),
  );
}

/**
 * The title without hidden words before it ("Details about"), as the page's own title has it. Text on the page may hold
 * words for screen readers; what the page's title says is most of it or nothing.
 * @param {string} title @param {import("./page.js").Page} page @returns {string}
 */
function spokenTitle(title, page) {
  const key = keyOf(title);
  const fits = (/** @type {string} */ part) => part !== key && key.endsWith(part) && part.length * 5 >= key.length * 3;
  return page.titles.find((text) => text.length >= MIN_TITLE && fits(keyOf(text))) ?? title;
}

/**
 * The Product of a page, in the wire form of product.schema.json. One whose verdict is not "product" gives its identity only:
 * what a refusal or a list says about itself is no product's title.
 * @param {Document} document
 * @param {string} url where it stands
 * @param {{isRendered?: boolean}} [options] `isRendered`: the page's own scripts have run, so that what is read from the visible
 *   page may stand in no file a scraper gets; its provenance then is "rendered", not "dom"
 * @returns {Promise<Record<string, any>>}
 * @throws {import("../values/errors.js").UrlError}
 */
export async function extractProduct(document, url, { isRendered = false } = {}) {
  const page = createPage(document, url);
  /** @type {Candidate[]} */
  const candidates = [];
  for (const { extract, fills } of EXTRACTORS) {
    const missing = fills && missingFields(candidates);
    if (!missing || fills.some((name) => missing.has(name))) candidates.push(...extract(page));
  }
  const verdict = verdictOf(candidates, page);
  const { values, provenance } = verdict === "product" ? combine(candidates) : { values: {}, provenance: {} };
  if (WRITTEN_FOR_PEOPLE.includes(provenance.title)) values.title = spokenTitle(values.title, page);
  const before = values.price && !values.regularPrice ? was.regularPrice(page, values.price) : null;
  if (before) [values.regularPrice, provenance.regularPrice] = [before, "dom"];
  const contrary = stock.contradiction(page, values.availability);
  if (contrary) [values.availability, provenance.availability] = [contrary, "dom"];
  const { url: itemUrl, namedBy } = page.item;
  return {
    shop: shopOf(itemUrl),
    itemId: await itemIdOf(itemUrl),
    url: itemUrl,
    verdict,
    ...present(values),
    provenance: { ...(isRendered ? rendered(provenance) : provenance), url: namedBy },
  };
}

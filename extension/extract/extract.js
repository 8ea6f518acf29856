// @ts-check
// Extraction of the Product of a page, from the parsed document to the wire form. No network and no clock.
import { combine, missingFields } from "./combine.js";
import { truthy } from "./markup/nodes.js";
import * as jsonld from "./markup/jsonld.js";
import * as microdata from "./markup/microdata.js";
import * as opengraph from "./markup/opengraph.js";
import * as rdfa from "./markup/rdfa.js";
import { createPage } from "./page.js";
import * as reader from "./state/reader.js";
import { confidenceOf, verdictOf } from "./verdict.js";
import * as addressCode from "./visible/address-code.js";
import * as brand from "./visible/brand.js";
import * as breadcrumbTrail from "./visible/breadcrumb-trail.js";
import * as labels from "./visible/labels.js";
import * as priceAndTitle from "./visible/price-and-title.js";
import { regularPrice } from "./visible/regular-price.js";
import * as stock from "./visible/stock.js";
import { itemIdOf, shopOf } from "../values/identity.js";
import { keyOf } from "../values/text.js";
import { pageVocabulary } from "../generated/contracts.js";

/** @typedef {import("./candidate.js").Candidate} Candidate */
/** @typedef {import("./page.js").Page} Page */

const WRITTEN_FOR_PEOPLE = pageVocabulary.extract.titleSyntaxesWithHiddenWords;
const MIN_TITLE = 12;
const FILLS = pageVocabulary.extract.fills;
/**
 * One extractor per syntax; `combine` decides between them. Those with fields to fill run only while one of these is still
 * missing: on a page with complete markup nothing else is read.
 * @type {{extract: (page: import("./page.js").Page) => Candidate[], fills?: string[]}[]}
 */
const EXTRACTORS = [
  { extract: jsonld.extract },
  { extract: microdata.extract },
  { extract: rdfa.extract },
  { extract: opengraph.extract },
  { extract: addressCode.extract },
  { extract: reader.extract },
  { extract: labels.extract },
  { extract: brand.extract, fills: FILLS.brand },
  { extract: breadcrumbTrail.extract, fills: FILLS.breadcrumbTrail },
  { extract: stock.extract, fills: FILLS.stock },
  { extract: priceAndTitle.extract, fills: FILLS.priceAndTitle },
];

/** @param {Page} page @returns {Candidate[]} */
function candidatesOf(page) {
  /** @type {Candidate[]} */
  const candidates = [];
  for (const { extract, fills } of EXTRACTORS) {
    const missing = fills && missingFields(candidates);
    if (!missing || fills.some((name) => missing.has(name))) candidates.push(...extract(page));
  }
  return candidates;
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
 * Return the title as the page's own title has it, without hidden words before it ("Details about"). Text on the page may
 * hold words for screen readers. The page's title replaces it only where it is most of it.
 * @param {string} title @param {import("./page.js").Page} page @returns {string}
 */
function spokenTitle(title, page) {
  const key = keyOf(title);
  const fits = (/** @type {string} */ part) => part !== key && key.endsWith(part) && part.length * 5 >= key.length * 3;
  return page.titles.find((text) => text.length >= MIN_TITLE && fits(keyOf(text))) ?? title;
}

/**
 * Return the Product of a page, and how sure the verdict on it is.
 * @param {Document} document
 * @param {string} url its address
 * @param {{isRendered?: boolean}} [options] as for extractProduct
 * @returns {Promise<{product: Record<string, any>, confidence: number}>} confidence from 0 to 1
 * @throws {import("../values/errors.js").UrlError}
 */
export async function readProduct(document, url, { isRendered = false } = {}) {
  const page = createPage(document, url);
  const candidates = candidatesOf(page);
  const verdict = verdictOf(candidates, page);
  const { values, provenance } = verdict === "product" ? combine(candidates) : { values: {}, provenance: {} };
  if (WRITTEN_FOR_PEOPLE.includes(provenance.title)) values.title = spokenTitle(values.title, page);
  const before = values.price && !values.regularPrice ? regularPrice(page, values.price) : null;
  if (before) [values.regularPrice, provenance.regularPrice] = [before, "dom"];
  const contrary = stock.contradiction(page, values.availability);
  if (contrary) [values.availability, provenance.availability] = [contrary, "dom"];
  const { url: itemUrl, namedBy } = page.item;
  const product = {
    shop: shopOf(itemUrl),
    itemId: await itemIdOf(itemUrl),
    url: itemUrl,
    verdict,
    ...present(values),
    provenance: { ...(isRendered ? rendered(provenance) : provenance), url: namedBy },
  };
  return { product, confidence: confidenceOf(verdict, candidates, { page, title: values.title }) };
}

/**
 * Return the Product of a page, in the wire form of product.schema.json. A page whose verdict is not "product" gives its
 * identity only: the title of a refusal or a list is not a product's.
 * @param {Document} document
 * @param {string} url its address
 * @param {{isRendered?: boolean}} [options] `isRendered`: the page's own scripts have run, so that text of the
 *   visible page may be missing from the file that a scraper gets; its provenance then is "rendered", not "dom"
 * @returns {Promise<Record<string, any>>}
 * @throws {import("../values/errors.js").UrlError}
 */
export async function extractProduct(document, url, options) {
  return (await readProduct(document, url, options)).product;
}

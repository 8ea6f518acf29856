// @ts-check
// Reader of embedded state, the JSON that pages carry for their own scripts. Only data about the page's own product is read,
// never a carousel's: an object that names the page and has a price, the one product whose view is reported to analytics,
// and the price box of the page's form.
import { productOf } from "./analytics.js";
import * as breadcrumbs from "../markup/breadcrumbs.js";
import { asList, isObject, textOf, truthy } from "../markup/nodes.js";
import { magentoCandidate, shopCurrency, woocommerceCandidate } from "./platforms.js";
import { resolved } from "./formats.js";
import { NAME_KEYS, candidateOf, weakSkuOf } from "./product-object.js";
import { MINOR_KEYS, PRICE_KEYS, currencyIn, isInMinorUnits } from "./price.js";
import { sourcesOf } from "./sources.js";
import { clean, cut, keyOf } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.state.reader;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../markup/nodes.js").DataNode} DataNode */
/** @typedef {import("../candidate.js").Candidate} Candidate */
/** Context that an object inherits: its currency, Apollo's cache around it, the event of its source. @typedef {{currency: string | null, cache: DataNode | null, event: string}} Context */

const MAX_NODES = 300_000;
const MAX_DEPTH = 40;
const MAX_CANDIDATES = 3;
const MAX_NAME = 500;
const LONG_WORD = /[\p{L}\p{N}_]{4,}/gu;
const MARKS = [...PRICE_KEYS, ...MINOR_KEYS, ...vocabulary.productKeys];

/** @param {DataNode} node @param {string[]} keys */
const hasAny = (node, keys) => keys.some((key) => Object.hasOwn(node, key));

/** Walk over every object, once, that keeps the Candidates for this page's product. */
class Reader {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.numLeft = MAX_NODES;
    this.headings = new Set(page.headings.map(keyOf).filter(Boolean));
    const last = new URL(page.url).pathname.replace(/\/+$/, "").split("/").at(-1) ?? "";
    const slug = /%(?![0-9a-f]{2})/i.test(last) ? last : decodeURIComponent(last);
    this.slug = slug.length > 3 ? slug : null;
    this.currency = shopCurrency(page);
    /** @type {Candidate[]} */
    this.named = [];
    /** @type {Candidate[]} */
    this.viewed = [];
    /** @type {Candidate[]} */
    this.boxes = [];
    /** @type {Candidate[]} */
    this.paths = [];
    /** @type {string[]} */
    this.weakSkus = [];
  }

  /** Read every object, with the currency that it or its nearest ancestor names. @param {any} value @param {Context} context @param {number} depth */
  walk(value, context, depth) {
    this.numLeft -= 1;
    if (this.numLeft < 0 || depth > MAX_DEPTH) return;
    let inner = context;
    if (isObject(value)) {
      const own = {
        ...context,
        currency: currencyIn(value) ?? context.currency,
        cache: vocabulary.apolloRoot in value ? value : context.cache,
      };
      if (this.readsWhole(value, own)) return;
      inner = { ...own, event: "" };
    }
    for (const part of Array.isArray(value) ? value : Object.values(value)) {
      if (typeof part === "object" && part !== null) this.walk(part, inner, depth + 1);
    }
  }

  /** Return whether the page's headings share a longer word with the object's name, where it has one. @param {DataNode} node */
  isSpokenOf(node) {
    const names = NAME_KEYS.map((key) => node[key]).filter((name) => typeof name === "string");
    const words = new Set(names.flatMap((name) => cut(name, MAX_NAME).toLowerCase().match(LONG_WORD) ?? []));
    return (
      words.size === 0 ||
      this.page.headings.some((text) => (text.toLowerCase().match(LONG_WORD) ?? []).some((word) => words.has(word)))
    );
  }

  /** Keep an object's Candidates. @param {DataNode} raw @param {Context} context @returns {boolean} whether it is read as a whole, so that its parts are not products */
  readsWhole(raw, { currency, cache, event }) {
    const node = cache && hasAny(raw, NAME_KEYS) ? resolved(raw, cache) : raw;
    const isOwn = hasAny(node, MARKS) && hasAny(node, NAME_KEYS) && this.isThisProduct(node);
    const viewed = isOwn ? null : productOf(node, event);
    if (isOwn) this.add(this.named, node, currency ?? (isInMinorUnits(node) ? this.currency : null));
    if (viewed) {
      if (this.isSpokenOf(viewed)) this.add(this.viewed, viewed, viewed.price_varies ? this.currency : currency);
      return true;
    }
    const box = isOwn ? null : magentoCandidate(node, this.page);
    if (box) this.boxes.push(box);
    const path = breadcrumbsIn(node, this.page);
    if (path.length > 0) this.paths.push({ syntax: "state", categoryPath: path });
    return false;
  }

  /** @param {Candidate[]} found @param {DataNode} node @param {string | null} currency */
  add(found, node, currency) {
    const candidate = candidateOf(node, currency, this.page);
    if (!candidate.price) return;
    found.push(candidate);
    const weakSku = weakSkuOf(node);
    if (weakSku) this.weakSkus.push(weakSku);
  }

  /** @param {DataNode} node @returns {boolean} */
  isThisProduct(node) {
    const names = NAME_KEYS.filter((key) => typeof node[key] === "string")
      .map((key) => keyOf(node[key]))
      .filter(Boolean);
    if (names.length === 0) return false;
    if (names.some((name) => this.headings.has(name))) return true;
    const handles = vocabulary.handleKeys.map((key) => node[key]);
    const urls = vocabulary.addressKeys.map((key) => this.page.absolute(node[key]));
    return (
      (this.slug !== null && handles.includes(this.slug)) ||
      urls.some((url) => url !== null && this.page.addresses.has(url))
    );
  }
}

/** @param {DataNode} node @param {Page} page @returns {string[]} */
function breadcrumbsIn(node, page) {
  const entries = asList("breadcrumbs" in node ? node.breadcrumbs : node.breadcrumb)
    .slice(0, 20)
    .filter(isObject);
  return breadcrumbs.pathOf(
    entries.map((entry) => ({
      name: vocabulary.crumbNameKeys.map((key) => clean(textOf(entry[key]), 200)).find((text) => text !== null) ?? null,
      url: page.absolute(entry.href || entry.url),
    })),
    page,
  );
}

/** @param {Candidate} candidate @returns {number} how full it is */
function numFields({ brand, sku, gtin, images, availability, price }) {
  return [brand, sku, gtin, images, availability].filter(truthy).length + (price?.currency ? 10 : 0);
}

/** @param {Page} page @returns {Candidate[]} those for this page's product, the fullest object first, bare ids last */
export function extract(page) {
  const sources = sourcesOf(page.document);
  if (sources.length === 0) return [];
  const reader = new Reader(page);
  for (const { value, event } of sources) {
    if (typeof value === "object" && value !== null)
      reader.walk(value, { currency: null, cache: null, event: event ?? "" }, 0);
  }
  const named = reader.named.sort((a, b) => numFields(b) - numFields(a)).slice(0, MAX_CANDIDATES);
  const woocommerce = woocommerceCandidate(sources, reader.currency);
  return [
    ...named,
    ...reader.boxes.slice(0, 1),
    ...(woocommerce ? [woocommerce] : []),
    ...reader.viewed.slice(0, MAX_CANDIDATES),
    ...reader.paths.slice(0, 1),
    ...reader.weakSkus.slice(0, 1).map((sku) => ({ syntax: /** @type {const} */ ("state"), sku, isWeak: true })),
  ];
}

// @ts-check
// What a person sees: heading, price, breadcrumbs, pictures and the buy button, where markup says nothing. The rules name
// no shop: they look for the words that shops everywhere put into class names, near the page's <h1>.
import * as breadcrumbs from "./breadcrumbs.js";
import { isUnseen, visibleText, visibleTexts } from "./page.js";
import { parsePrice, unitsOf } from "./price.js";
import { clean } from "./text.js";
import { availabilityOf, says } from "./words.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./price.js").Price} Price */
/** @typedef {{price: Price, element: Element, card: Element | null}} Found */

const MAX_PRICE_TEXT = 80;
const MAX_ELEMENTS = 2000;
const PRICE = /price|preis|\bprix\b|precio|prezzo/i;
const OLD_PRICE = /old|was\b|regular|list[-_]?price|compare|original|cross|strike|through|rrp|msrp|uvp|before|previous/i;
const NOT_PRICE = /unit|per[-_]|instal|shipping|delivery|sav(?:e|ing)|discount|filter|range|slider|coupon|points/i;
const ASIDE = /related|recommend|similar|upsell|cross-?sell|carousel|also[-_]|recently|mini-?cart|cart[-_]drawer|compar(?:e[-_]|ison)|wishlist|sponsor|footer|newsletter|mega-?menu|review/i;
const CARD = /(?:product|item|goods)s?[-_]{0,2}(?:card|tile|item|teaser|box|miniature|thumb|list|grid|block)/i;
const GALLERY = /gallery|product[-_]{0,2}(?:image|img|media|photo|picture|slide)|main[-_]?image/i;
const STOCK = /stock|availab|sold[-_]?out|verf[uü]gbar/i;
const SKU = /^(?:(?:sku|art(?:ikel|icle)?[-. ]?(?:nr|no)\.?)\s*[:#]?\s*)?([\p{L}\p{N}_./-]{2,40})$/iu;
const ASIDE_TAGS = ["nav", "footer", "aside", "header"];
const IMAGE_ATTRIBUTES = ["data-zoom-image", "data-large_image", "srcset", "data-srcset", "data-src", "data-original", "data-lazy-src", "src"];

/** @param {Element} element @returns {string} its class names and id */
const namesOf = (element) => `${element.getAttribute("class") ?? ""} ${element.id}`.trim();

/** @param {Element} element @returns {Element[]} itself and its ancestors below <body> */
function lineage(element) {
  const found = [];
  /** @type {Element | null} */
  let part = element;
  for (; part && !["html", "body"].includes(part.localName); part = part.parentElement) found.push(part);
  return found;
}

/** @param {Element} element */
function isAside(element) {
  return lineage(element).some((part) => ASIDE_TAGS.includes(part.localName) || ASIDE.test(namesOf(part)));
}

/** @param {Page} page @param {RegExp} pattern @returns {Element[]} those whose names fit */
function elementsNamed({ document }, pattern) {
  const found = [];
  for (const element of document.querySelectorAll("[class], [id]")) {
    if (["html", "body"].includes(element.localName) || !pattern.test(namesOf(element)) || isUnseen(element)) continue;
    if (found.push(element) >= MAX_ELEMENTS) break;
  }
  return found;
}

/** @param {Element} element */
function isOld(element) {
  return lineage(element).some((part) => ["del", "s", "strike"].includes(part.localName)) || OLD_PRICE.test(namesOf(element));
}

/** The price in the element's own text, without what is struck through; a bare number is no price. @param {Element} element @param {Page} page @returns {Price | null} */
function visiblePrice(element, page) {
  const pieces = visibleTexts(element).filter((node) => {
    const parts = lineage(/** @type {Element} */ (node.parentElement));
    return !parts.slice(0, parts.indexOf(element)).some((part) => isOld(part) || NOT_PRICE.test(namesOf(part)));
  });
  const text = pieces.map((node) => node.data).join(" ").replace(/\s+/g, " ").trim();
  if (!text || text.length > MAX_PRICE_TEXT) return null;
  const price = parsePrice(text, { region: page.region });
  return price?.currency ? price : null;
}

/** @param {Page} page @param {Element | null} heading @returns {Found[]} the prices people pay, those after the heading first */
function pricesOf(page, heading) {
  /** @type {Found[]} */
  const before = [];
  /** @type {Found[]} */
  const after = [];
  for (const element of elementsNamed(page, PRICE)) {
    if (isOld(element) || NOT_PRICE.test(namesOf(element)) || isAside(element)) continue;
    const price = visiblePrice(element, page);
    if (!price || unitsOf(price.amount) === 0n) continue;
    const card = lineage(element).find((part) => CARD.test(namesOf(part)) && !(heading && part !== heading && part.contains(heading)));
    const isAfter = heading && heading.compareDocumentPosition(element) & 4 /* Node.DOCUMENT_POSITION_FOLLOWING */;
    (isAfter ? after : before).push({ price, element, card: card ?? null });
  }
  return [...after, ...before];
}

/** @param {Found} own @param {Page} page @returns {Price | null} a higher price in the same currency, struck through beside the price */
function regularPriceOf(own, page) {
  for (const container of lineage(own.element).slice(0, 4)) {
    for (const element of container.querySelectorAll("*")) {
      if (isUnseen(element) || !isOld(element) || NOT_PRICE.test(namesOf(element))) continue;
      const text = visibleText(element);
      const price = text.length <= MAX_PRICE_TEXT ? parsePrice(text, { region: page.region }) : null;
      if (price && price.currency === own.price.currency && unitsOf(price.amount) > unitsOf(own.price.amount)) return price;
    }
  }
  return null;
}

/** @param {Page} page @param {Element | null} heading */
function titleOf(page, heading) {
  return clean(heading ? visibleText(heading) : page.headings[0], 500);
}

/** @param {Page} page */
function descriptionOf({ document }) {
  const elements = document.querySelectorAll('[class*="product-description"], [class*="product__description"], #description');
  return [...elements].filter((element) => !isAside(element)).map((element) => clean(visibleText(element), 5000)).find(Boolean);
}

/** @param {Page} page */
function categoryPathOf(page) {
  for (const element of page.document.querySelectorAll('[class*="breadcrumb" i], [id*="breadcrumb" i], [aria-label*="breadcrumb" i]')) {
    const links = [...element.querySelectorAll("a")]
      .map((a) => ({ name: clean(visibleText(a), 200), url: page.absolute(a.getAttribute("href")) }));
    const path = breadcrumbs.pathOf(links.filter(({ url }) => url), page);
    if (path.length > 0) return path;
  }
  return [];
}

/** @param {string} srcset @returns {string | null} the widest */
function widest(srcset) {
  let best = { width: -1, url: /** @type {string | null} */ (null) };
  for (const match of srcset.slice(0, 20_000).matchAll(/(\S*[^\s,])(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,|$)/g)) {
    const width = Number(match[2] || 1);
    if (width > best.width) best = { width, url: match[1] };
  }
  return best.url;
}

/** @param {Element} image @param {Page} page @returns {string | null} the widest of its srcset, a lazy address, then src */
export function imageUrl(image, page) {
  for (const name of IMAGE_ATTRIBUTES) {
    const value = (image.getAttribute(name) ?? "").trim();
    const url = page.absolute(name.endsWith("srcset") ? widest(value) : value);
    if (url && !/\.svg(?:$|\?)/.test(url)) return url;
  }
  return null;
}

/** @param {Page} page @returns {string[]} */
function imagesOf(page) {
  const found = new Set();
  for (const gallery of elementsNamed(page, GALLERY)) {
    if (isAside(gallery) || lineage(gallery).slice(1).some((part) => CARD.test(namesOf(part)))) continue;
    const images = gallery.localName === "img" ? [gallery] : gallery.querySelectorAll("img");
    for (const image of images) {
      const url = isUnseen(image) ? null : imageUrl(image, page);
      if (url) found.add(url);
    }
  }
  return [...found].slice(0, 30);
}

/** @param {Page} page @returns {string | null} */
function availabilityFrom(page) {
  for (const element of elementsNamed(page, STOCK)) {
    const text = visibleText(element);
    const found = text.length <= 60 && !isAside(element) ? availabilityOf(text) : null;
    if (found) return found;
  }
  for (const button of page.document.querySelectorAll("button, input[type=submit], a[role=button]")) {
    const text = button.localName === "input" ? button.getAttribute("value") ?? "" : visibleText(button);
    if (!text || text.length > 60 || isAside(button)) continue;
    const found = availabilityOf(text);
    if (found && ["SoldOut", "OutOfStock", "PreOrder"].includes(found)) return found;
    const isDisabled = button.hasAttribute("disabled") || button.getAttribute("aria-disabled") === "true";
    if (says("addToCart", text)) return isDisabled ? "OutOfStock" : "InStock";
  }
  return null;
}

/** @param {Page} page @returns {import("./combine.js").Candidate[]} */
export function extract(page) {
  const headings = [...page.document.querySelectorAll("h1")].filter((element) => !isUnseen(element));
  const heading = headings.find((element) => visibleText(element)) ?? null;
  const prices = pricesOf(page, heading);
  const own = prices.find(({ card }) => card === null);
  return [{
    syntax: "dom",
    isProduct: heading !== null && own !== undefined,
    numProducts: new Set(prices.map(({ card }) => card).filter(Boolean)).size,
    title: titleOf(page, heading),
    description: descriptionOf(page),
    categoryPath: categoryPathOf(page),
    images: imagesOf(page),
    price: own?.price,
    regularPrice: own && regularPriceOf(own, page),
    availability: availabilityFrom(page),
    sku: skuOf(page),
  }];
}

/** @param {Page} page @returns {string | null} */
function skuOf({ document }) {
  for (const element of document.querySelectorAll('[class~="sku"], [class*="product-sku"], [data-sku]')) {
    if (isAside(element)) continue;
    const text = (element.getAttribute("data-sku") || visibleText(element)).trim();
    const sku = SKU.exec(text)?.[1];
    if (sku) return sku;
  }
  return null;
}

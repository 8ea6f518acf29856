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
const DESCRIPTION = /product-{1,2}description|product__description|(?:^|\s)description$/i;
const BREADCRUMBS = /breadcrumb/i;
const SKU_NAME = /(?:^|\s|product[-_]{1,2})sku(?:\s|$)/i;
const ASIDE_TAGS = ["nav", "footer", "aside", "header"];
const BUTTONS = "button, input[type=submit], input[type=button], a[role=submit], a[role=button]";
const IMAGE_ATTRIBUTES = ["data-zoom-image", "data-large_image", "srcset", "data-srcset", "data-src", "data-original", "data-lazy-src", "src"];

/** @param {Element} element @returns {string} its class names and id */
const namesOf = (element) => `${classesOf(element).join(" ")} ${element.id}`;

/** @param {Element} element @returns {string[]} */
const classesOf = (element) => (element.getAttribute("class") ?? "").split(/\s+/).filter(Boolean);

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
  const found = elementsNamed(page, PRICE).flatMap((element) => {
    if (isOld(element) || NOT_PRICE.test(namesOf(element)) || isAside(element)) return [];
    const price = visiblePrice(element, page);
    return price && unitsOf(price.amount) > 0n ? [{ price, element }] : [];
  });
  const isBefore = (/** @type {Element} */ element) =>
    !(heading && heading.compareDocumentPosition(element) & 4 /* Node.DOCUMENT_POSITION_FOLLOWING */);
  found.sort((a, b) => Number(isBefore(a.element)) - Number(isBefore(b.element)));
  const priced = new Set(found.flatMap(({ element }) => lineage(element)));
  return found.map(({ price, element }) => ({ price, element, card: cardAround(element, priced, heading) }));
}

/**
 * The product card around a price: an element named like a card, one that leads elsewhere by a link and stands among
 * siblings of its kind which have prices too, or a list entry with a linked picture; what holds the heading is none.
 * @param {Element} element @param {Set<Element>} priced @param {Element | null} heading @returns {Element | null}
 */
function cardAround(element, priced, heading) {
  for (const part of lineage(element)) {
    if (heading && part !== heading && part.contains(heading)) return null;
    if (CARD.test(namesOf(part))) return part;
    const siblings = [...(part.parentElement?.children ?? [])].filter((other) => other !== part && other.localName === part.localName);
    const isRepeated = siblings.some((other) => priced.has(other) && isAlike(other, part));
    if (isRepeated && (part.localName === "a" || part.querySelector("a[href]"))) return part;
    if (["li", "article"].includes(part.localName) && part.querySelector("a[href] img")) return part;
  }
  return null;
}

/** Whether two elements share a class name, or have none: a sold-out card may bear one name more. @param {Element} one @param {Element} other */
function isAlike(one, other) {
  const [names, others] = [one, other].map((element) => namesOf(element).split(/\s+/).filter(Boolean));
  return names.some((name) => others.includes(name)) || (names.length === 0 && others.length === 0);
}

/** @param {Found} own @param {Found[]} all @param {Page} page @returns {Price | null} a higher price in the same currency, struck through beside the price and beside no other price */
function regularPriceOf(own, all, page) {
  for (const container of lineage(own.element).slice(0, 4)) {
    const isShared = all.some(({ element, price }) => element !== container && container.contains(element) && unitsOf(price.amount) !== unitsOf(own.price.amount));
    if (isShared) return null;
    for (const element of container.querySelectorAll("*")) {
      if (isUnseen(element) || !isOld(element) || NOT_PRICE.test(namesOf(element)) || isAside(element)) continue;
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
function descriptionOf(page) {
  return elementsNamed(page, DESCRIPTION).filter((element) => !isAside(element))
    .map((element) => clean(visibleText(element), 5000)).find(Boolean);
}

/** The links of what is named breadcrumbs, else of a <nav> whose addresses each go on from the last. @param {Page} page */
function categoryPathOf(page) {
  const navs = [...page.document.querySelectorAll("nav")].filter((nav) => !isUnseen(nav));
  const labelled = navs.filter((nav) => BREADCRUMBS.test(nav.getAttribute("aria-label") ?? ""));
  for (const element of [...elementsNamed(page, BREADCRUMBS), ...labelled, ...navs.filter((nav) => isTrail(nav, page))]) {
    const links = [...element.querySelectorAll("a")]
      .map((a) => ({ name: clean(visibleText(a), 200), url: page.absolute(a.getAttribute("href")) }));
    const path = breadcrumbs.pathOf(links.filter(({ url }) => url), page);
    if (path.length > 0) return path;
  }
  return [];
}

/** @param {Element} nav @param {Page} page */
function isTrail(nav, page) {
  const steps = [...nav.querySelectorAll("a")].slice(0, 12)
    .map((a) => `${(page.absolute(a.getAttribute("href")) ?? "").replace(/\/+$/, "")}/`);
  return steps.length >= 2 && steps.slice(1).every((step, i) => step.startsWith(steps[i]) && step !== steps[i]);
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
  for (const button of page.document.querySelectorAll(BUTTONS)) {
    const text = button.localName === "input" ? button.getAttribute("value") ?? "" : visibleText(button);
    if (!text || text.length > 60 || isUnseen(button) || isAside(button)) continue;
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
    regularPrice: own && regularPriceOf(own, prices, page),
    availability: availabilityFrom(page),
    sku: skuOf(page),
  }];
}

/** @param {Page} page @returns {string | null} */
function skuOf(page) {
  for (const element of elementsNamed(page, SKU_NAME)) {
    if (isAside(element)) continue;
    const text = (element.getAttribute("data-sku") || visibleText(element)).trim();
    const sku = SKU.exec(text)?.[1];
    if (sku) return sku;
  }
  return null;
}

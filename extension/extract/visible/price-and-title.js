// @ts-check
// Reader of the visible heading, price, images and description, for pages without markup. The rules name no shop: they look for
// words that shops put into class names, near the page's <h1>.
import { collapse } from "../../values/item-text.js";
import { imageUrl } from "./image-url.js";
import { parsePrice, unitsOf } from "../../values/price.js";
import { clean, cut, keyOf } from "../../values/text.js";
import { visibleTexts } from "../page.js";
import { isAside, isNamedCard, isImageEntry, isUnseen, lineage, NAMED, namesOf, textOf } from "./elements.js";
import { OLD_PRICE, REGULAR_PRICE, STRUCK } from "./regular-price.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

const vocabulary = pageVocabulary.visible.priceAndTitle;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../../values/price.js").Price} Price */
/** @typedef {{price: Price, element: Element}} Priced */
/** @typedef {Priced & {card: Element | null}} Found */
/** @typedef {{element: Element, names: string}} Named */
/** @typedef {Map<Element | null, Map<string, number>>} Kinds */

const MAX_PRICE_TEXT = 80;
const MAX_PIECES = 60;
const MAX_ELEMENTS = 2000;
const MAX_TITLE = 300;
const MAX_HEADINGS = 20;
const MAX_TEXTS_AFTER = 200;
const MAX_PRICE_LINE = 32;
const MAX_PRICE_LETTERS = 14;
const MAX_IMAGES = 30;
const MIN_NAME = 4;
const PRICE = anyOf(vocabulary.pricePatterns);
const NOT_PRICE = anyOf(vocabulary.notPricePatterns);
const NOT_PRICE_WORDS = vocabulary.notPriceWords.join("|");
const NOT_PRICE_TEXT = anyOf(
  [...vocabulary.notPriceTextPatterns, `(?<![\\p{L}\\p{N}_])(?:${NOT_PRICE_WORDS})(?![\\p{L}\\p{N}_])`],
  "iu",
);
const GALLERY = anyOf(vocabulary.galleryPatterns);
const DESCRIPTION = anyOf(vocabulary.descriptionPatterns);
const MORE_THAN_A_PRICE = vocabulary.richTags.join(", ");
const FOLLOWING = 4; // Node.DOCUMENT_POSITION_FOLLOWING

/** @param {Page} page @returns {Named[]} every named element that a person may see */
function namedElements({ document }) {
  return [...document.querySelectorAll(NAMED)]
    .filter((element) => !isUnseen(element))
    .map((element) => ({ element, names: namesOf(element) }));
}

/** @param {Named[]} named @param {RegExp} pattern */
function elementsNamed(named, pattern) {
  return named
    .filter(({ names }) => pattern.test(names))
    .slice(0, MAX_ELEMENTS)
    .map(({ element }) => element);
}

/**
 * Return the <h1> that the page's title contains, else the first, else the element whose text is the title. One in the page's
 * header or footer comes last, since it is mostly the shop's own name.
 * @param {Page} page @returns {Element | null}
 */
function headingOf(page) {
  const titles = [...new Set(page.titles.map(keyOf).filter(Boolean))];
  const headings = [...page.document.querySelectorAll("h1")]
    .filter((element) => !isUnseen(element))
    .slice(0, MAX_HEADINGS)
    .filter((element) => textOf(element, 0))
    .sort((a, b) => Number(isAside(a)) - Number(isAside(b)));
  const titled = headings.find((element) => {
    const name = keyOf(textOf(element));
    return titles.some((title) => title.includes(name) || name.includes(title));
  });
  return titled ?? headings[0] ?? namedLike(page, titles);
}

/** @param {Page} page @param {string[]} titles @returns {Element | null} */
function namedLike(page, titles) {
  const isTitle = (/** @type {string} */ text) => text.length <= MAX_TITLE && titles.includes(keyOf(text));
  return (
    page.texts.find(
      ({ text, element }) => isTitle(text) && element.localName !== "body" && isTitle(textOf(element, MAX_TITLE)),
    )?.element ?? null
  );
}

/** @param {Element} element */
function isOld(element) {
  return lineage(element).some((part) => STRUCK.includes(part.localName)) || OLD_PRICE.test(namesOf(element));
}

/** @param {Element} element */
function isStruck(element) {
  return STRUCK.includes(element.localName) || OLD_PRICE.test(namesOf(element));
}

/** @param {Element} element */
function isRegular(element) {
  return lineage(element)
    .slice(0, 3)
    .some((part) => REGULAR_PRICE.test(namesOf(part)));
}

/** @param {Element} element whether it holds another amount than the current price */
function isOtherAmount(element) {
  return isOld(element) || NOT_PRICE.test(namesOf(element)) || isAside(element);
}

/**
 * Return the price in the element's own text, without struck-through text; a bare number is not a price. Text named a regular
 * price counts only where nothing else is a price.
 * @param {Element} element @param {Page} page @returns {Price | null}
 */
function visiblePrice(element, page) {
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const regular = [];
  let [length, numPieces] = [0, 0];
  for (const run of visibleTexts(element)) {
    const words = collapse(run.text);
    if (words && (numPieces += 1) > MAX_PIECES) break;
    const parts = words ? lineage(run.element) : [];
    const inner = parts.slice(0, parts.indexOf(element));
    if (!words || inner.some((part) => isStruck(part) || NOT_PRICE.test(namesOf(part)))) continue;
    (inner.some((part) => REGULAR_PRICE.test(namesOf(part))) ? regular : asked).push(words);
    length += words.replaceAll(" ", "").length;
    if (length > MAX_PRICE_TEXT) return null;
  }
  return priceIn(asked.join(" "), page) ?? priceIn([...asked, ...regular].join(" "), page);
}

/** @param {string} text @param {Page} page @returns {Price | null} */
function priceIn(text, page) {
  const price = text && text.length <= MAX_PRICE_TEXT ? parsePrice(text, { region: page.region }) : null;
  return price?.currency && unitsOf(price.amount) > 0n ? price : null;
}

/** @param {Page} page @param {Named[]} named @param {Element | null} heading @returns {Priced[]} the prices people pay in elements named "price", those after the heading first */
function namedPrices(page, named, heading) {
  const found = elementsNamed(named, PRICE).flatMap((element) => {
    const price = isOtherAmount(element) ? null : visiblePrice(element, page);
    const isAfter = heading && heading.compareDocumentPosition(element) & FOLLOWING;
    return price ? [{ price, element, order: (isAfter ? 0 : 2) + Number(isRegular(element)) }] : [];
  });
  return found.sort((a, b) => a.order - b.order);
}

/** @param {Page} page @param {Element | null} heading @returns {Priced[]} the prices of short lines after the heading, whose class names do not matter */
function unnamedPrices(page, heading) {
  const start = heading ? page.texts.findIndex(({ node }) => heading.compareDocumentPosition(node) & FOLLOWING) : -1;
  if (start < 0) return [];
  return page.texts.slice(start, start + MAX_TEXTS_AFTER).flatMap(({ text, element: own }) => {
    const element = /\p{Nd}/u.test(text) ? shortLine(own) : null;
    const price = element && !saysMore(element) && !isOtherAmount(element) ? visiblePrice(element, page) : null;
    return element && price ? [{ price, element }] : [];
  });
}

/** Return the widest element around `own` that is still one short line: the currency may be beside the number. An element with a link, an image or a heading is more than a price. @param {Element} own @returns {Element | null} */
function shortLine(own) {
  let best = null;
  for (const part of lineage(own).slice(0, 4)) {
    if (textOf(part, MAX_PRICE_LINE).length > MAX_PRICE_LINE || (part !== own && part.querySelector(MORE_THAN_A_PRICE)))
      break;
    best = part;
  }
  return best;
}

/** @param {Element} element whether the line is about something other than the price: shipping, savings, a month's instalment */
function saysMore(element) {
  const text = textOf(element);
  return (text.match(/\p{L}/gu) ?? []).length > MAX_PRICE_LETTERS || NOT_PRICE_TEXT.test(text);
}

/** @param {Priced[]} priced @param {Element | null} heading @returns {Found[]} each price with the product card around it */
function withCards(priced, heading) {
  const kinds = kindsAround(priced);
  return priced.map((one) => ({ ...one, card: cardAround(one.element, kinds, heading) }));
}

/** @param {Priced[]} priced @returns {Kinds} under each parent, how many elements around a price there are of each tag name and class name */
function kindsAround(priced) {
  const around = new Set(priced.flatMap(({ element }) => lineage(element)));
  /** @type {Kinds} */
  const kinds = new Map();
  for (const part of around) {
    const counts = kinds.get(part.parentElement) ?? new Map();
    for (const kind of kindsOf(part)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    kinds.set(part.parentElement, counts);
  }
  return kinds;
}

/** Return the kinds of an element. A sold-out card may have one class name more than its neighbours, so each name counts on its own. @param {Element} part @returns {string[]} */
function kindsOf(part) {
  return [...new Set(collapse(namesOf(part)).split(" "))].map((name) => `${part.localName} ${name}`);
}

/**
 * Return the product card around a price: an element named so, one with a link among siblings of its kind that have prices
 * too, or a list entry with a linked image. An element around the page's heading is not a card.
 * @param {Element} element @param {Kinds} kinds @param {Element | null} heading @returns {Element | null}
 */
function cardAround(element, kinds, heading) {
  for (const part of lineage(element)) {
    if (heading && part !== heading && part.contains(heading)) return null;
    if (isNamedCard(part)) return part;
    const isRepeated = kindsOf(part).some((kind) => (kinds.get(part.parentElement)?.get(kind) ?? 0) > 2);
    if (isRepeated && (part.localName === "a" || part.querySelector("a[href]"))) return part;
    if (isImageEntry(part)) return part;
  }
  return null;
}

/** @param {Page} page @param {Named[]} named @param {Element | null} heading @returns {string[]} */
function imagesOf(page, named, heading) {
  const galleries = elementsNamed(named, GALLERY).filter(
    (gallery) => !isAside(gallery) && !lineage(gallery).slice(1).some(isNamedCard),
  );
  const images = galleries.flatMap((gallery) =>
    gallery.localName === "img" ? [gallery] : [...gallery.querySelectorAll("img")],
  );
  const urls = [...new Set(images)].map((image) => (isUnseen(image) ? null : imageUrl(image, page)));
  const found = [...new Set(urls.filter((url) => url !== null))];
  return (found.length > 0 ? found : imagesNamedLike(page, heading)).slice(0, MAX_IMAGES);
}

/** @param {Page} page @param {Element | null} heading @returns {string[]} the images whose alt text begins with the heading */
function imagesNamedLike(page, heading) {
  const name = keyOf(heading && textOf(heading));
  if (name.length < MIN_NAME) return [];
  const named = [...page.document.querySelectorAll("img[alt]")].filter(
    (image) =>
      keyOf(cut(image.getAttribute("alt") ?? "", MAX_TITLE)).startsWith(name) &&
      !isAside(image) &&
      !lineage(image).some(isNamedCard),
  );
  const urls = named.map((image) => (isUnseen(image) ? null : imageUrl(image, page)));
  return [...new Set(urls.filter((url) => url !== null))];
}

/** @param {Named[]} named */
function descriptionOf(named) {
  const described = elementsNamed(named, DESCRIPTION).filter((element) => !isAside(element));
  return described.map((element) => clean(textOf(element), 5000)).find((text) => text !== null) ?? null;
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} */
export function extract(page) {
  const heading = headingOf(page);
  const named = namedElements(page);
  const byName = namedPrices(page, named, heading);
  let prices = withCards(byName, heading);
  if (prices.every(({ card }) => card !== null))
    prices = withCards([...byName, ...unnamedPrices(page, heading)], heading);
  const own = prices.find(({ card }) => card === null);
  return [
    {
      syntax: "dom",
      isProduct: heading !== null && own !== undefined,
      numProducts: new Set(prices.map(({ card }) => card).filter(Boolean)).size,
      title: clean(heading ? textOf(heading) : page.headings[0], 500),
      description: descriptionOf(named),
      images: imagesOf(page, named, heading),
      price: own?.price,
    },
  ];
}

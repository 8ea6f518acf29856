// @ts-check
// Reader of the product cards on a page: links to pages of the same shop with an image or a price.
import { canonicalUrl, itemIdOf, routeIn, shopOf } from "../../values/identity.js";
import { imageUrl } from "./image-url.js";
import { createPage, visibleTexts } from "../page.js";
import { parsePrice } from "../../values/price.js";
import { clean } from "../../values/text.js";
import { isUnseen, textOf } from "./elements.js";
import { regularPriceOfCard } from "./regular-price.js";
import { pageVocabulary } from "../../generated/contracts.js";
import { anyOf } from "../../values/patterns.js";

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("../../values/price.js").Price} Price */
/** @typedef {{shop: string, itemId: string, url: string, title: string, image?: string, price?: Price, regularPrice?: Price}} Card */

const MAX_CARDS = 200;
const MAX_CARD_TEXT = 600;
const PRICE = anyOf(pageVocabulary.visible.priceAndTitle.pricePatterns);
const SITE_PARTS = "nav, footer, header, [class*='breadcrumb' i]";

/** @param {Element} link @param {Page} page @returns {string | null} the other page of this shop it leads to */
function targetOf(link, page) {
  const href = link.getAttribute("href") ?? "";
  const route = routeIn(href);
  const url = page.absolute(route ? href.slice(0, -route.length) || page.url : href);
  if (!url || (!route && (page.addresses.has(url) || new URL(url).pathname === "/"))) return null;
  const canonical = canonicalUrl(url + route);
  return shopOf(canonical) === shopOf(page.url) && !page.addresses.has(canonical) ? canonical : null;
}

/** @param {Element} element @param {Page} page whether it holds the heading of the whole page: then it is no card of another product */
function isMain(element, { document }) {
  const headings = document.querySelectorAll("h1");
  return headings.length === 1 && element.contains(headings[0]);
}

/** Return the largest element around a link that holds no link to another product: its card. @param {Element} link @param {string} url @param {Page} page */
function cardAround(link, url, page) {
  let card = link;
  for (let next = link.parentElement; next && next !== page.document.body; next = next.parentElement) {
    const isShared = [...next.querySelectorAll("a[href]")].some((other) => {
      const target = targetOf(other, page);
      return target !== null && target !== url;
    });
    if (isShared || isMain(next, page) || textOf(next, MAX_CARD_TEXT).length > MAX_CARD_TEXT) break;
    card = next;
  }
  return card;
}

/** @param {Element} card @param {Page} page @returns {Price | null} the current price, not one that is struck through */
function priceIn(card, page) {
  const named = [...card.querySelectorAll("[class], [itemprop]")].filter((element) =>
    PRICE.test(`${element.getAttribute("class")} ${element.getAttribute("itemprop")}`),
  );
  for (const element of named.length > 0 ? named : [card]) {
    const asked = [...visibleTexts(element)].filter(
      (run) => !run.element.closest("del, s, strike, [class*='old' i], [class*='was' i]"),
    );
    const text = asked.map((run) => run.text.trim()).join(" ");
    const price = text.length <= MAX_CARD_TEXT ? parsePrice(text, { region: page.region }) : null;
    if (price?.currency) return price;
  }
  return null;
}

/** @param {Element} card @param {Element} link @returns {string | null} a heading, the link's own words, then the image's */
function titleIn(card, link) {
  const heading = card.querySelector("h1, h2, h3, h4, h5, [class*='title' i], [class*='name' i]");
  const words = [
    heading && textOf(heading),
    link.getAttribute("title"),
    link.getAttribute("aria-label"),
    textOf(link),
    card.querySelector("img[alt]")?.getAttribute("alt"),
  ];
  return words.map((text) => clean(text, 500)).find((text) => text !== null) ?? null;
}

/** @param {Element} link @param {string} url where it leads @param {Page} page @returns {Promise<Card | null>} null where it is not a product's */
async function cardOf(link, url, page) {
  const element = cardAround(link, url, page);
  const img = element.querySelector("img");
  const image = img && imageUrl(img, page);
  const price = priceIn(element, page);
  const regularPrice = price && regularPriceOfCard(element, price, page);
  const title = titleIn(element, link);
  // A link with only words is navigation; a product has an image or a price.
  const hasHeading = element.querySelector("h1, h2, h3, h4, h5, h6") !== null;
  if (!title || !(price || (image && hasHeading))) return null;
  return {
    shop: shopOf(url),
    itemId: await itemIdOf(url),
    url,
    title,
    ...(image && { image }),
    ...(price && { price }),
    ...(regularPrice && { regularPrice }),
  };
}

/**
 * @param {Document} document
 * @param {string} url its address
 * @param {number[]} [hidden] positions of the document's a[href] that are not visible, since a parsed copy has no layout
 * @returns {Promise<Card[]>} in document order, at most 200; empty where the page shows fewer than two products
 */
export async function extractListing(document, url, hidden = []) {
  const page = createPage(document, url);
  /** @type {Map<string, Card>} */
  const cards = new Map();
  const isHidden = new Set(hidden);
  for (const [i, link] of document.querySelectorAll("a[href]").entries()) {
    const target = link.closest(SITE_PARTS) || isUnseen(link) || isHidden.has(i) ? null : targetOf(link, page);
    if (!target || cards.has(target) || cards.size >= MAX_CARDS) continue;
    const card = await cardOf(link, target, page);
    if (card) cards.set(target, card);
  }
  return cards.size >= 2 ? [...cards.values()] : [];
}

/**
 * Return the card of one product on a page.
 * @param {Document} document
 * @param {string} url the page's address
 * @param {string} target where the card leads
 * @returns {Promise<Card | null>} null where the page has no card of it
 */
export async function extractCard(document, url, target) {
  const page = createPage(document, url);
  const wanted = canonicalUrl(target);
  for (const link of document.querySelectorAll("a[href]")) {
    const card = targetOf(link, page) === wanted ? await cardOf(link, wanted, page) : null;
    if (card) return card;
  }
  return null;
}

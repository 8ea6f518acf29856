// @ts-check
// Offers: the price a page asks, with its currency from the same object, in schema.org's many shapes.
import { normaliseGtin } from "./gtin.js";
import { asList, hasType, isObject, textOf } from "./items.js";
import { machinePrice, unitsOf } from "./price.js";
import { clean } from "./text.js";
import { availabilityOf, conditionOf } from "./words.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./price.js").Price} Price */
/** @typedef {Record<string, any>} Variant */
/** @typedef {{price: Price | null, regularPrice: Price | null, availability: string | null, condition: string | null, url: string | null, variants: Variant[]}} Offers */

const REGULAR_PRICE_TYPES = ["listprice", "srp", "msrp", "strikethroughprice", "regularprice", "suggestedretailprice"];
const MAX_OFFERS = 250;
/** @type {Offers} */
const NONE = { price: null, regularPrice: null, availability: null, condition: null, url: null, variants: [] };

/** Every single offer; those inside an AggregateOffer inherit its currency, and stand for it when priced. @param {any} value @param {any} currency @param {number} depth @returns {Item[]} */
function flat(value, currency, depth) {
  return asList(value).filter((offer) => isObject(offer) && depth <= 5).flatMap((offer) => {
    const inherited = offer.priceCurrency || currency;
    const inner = flat(offer.offers, inherited, depth + 1);
    const own = inherited ? { ...offer, priceCurrency: inherited } : offer;
    if (!inner.some((part) => "price" in part || "priceSpecification" in part)) return [own];
    // "From" prices: the aggregate's own lowest price is what the page shows.
    const isFrom = (offer.lowPrice ?? null) !== null && (offer.price ?? null) === null;
    return isFrom ? [own, ...inner] : inner;
  });
}

/** @param {any} value @param {string | null} currency @param {Page} page @returns {Price | null} */
function priced(value, currency, page) {
  let code = currency;
  for (let part of asList(value)) {
    if (isObject(part)) [part, code] = [part["@value"] ?? part.value, textOf(part.currency) ?? code];
    const price = machinePrice(part, code, { region: page.region });
    if (price && unitsOf(price.amount) > 0n) return price;
  }
  return null;
}

/** @param {Item} offer @returns {Item[]} */
const specifications = (offer) => asList(offer.priceSpecification).filter(isObject);

/** @param {Item} part */
function isRegular(part) {
  const name = (textOf(part.priceType) ?? "").replace(/\/+$/, "");
  return REGULAR_PRICE_TYPES.includes((name.split("/").at(-1)?.split("#").at(-1) ?? "").toLowerCase());
}

/** @param {Item} offer @param {Page} page @returns {Price | null} above zero, with the currency that the same object names */
export function priceOf(offer, page) {
  const currency = textOf(offer.priceCurrency);
  for (const key of ["price", "lowPrice"]) {
    const price = priced(offer[key], currency, page);
    if (price) return price;
  }
  for (const part of specifications(offer)) {
    if (isRegular(part) || part.validForMemberTier) continue;
    const price = priced(part.price ?? part.minPrice, textOf(part.priceCurrency) ?? currency, page);
    if (price) return price;
  }
  return null;
}

/** @param {Item} offer @param {Price | null} price @param {Page} page @returns {Price | null} the list price where it is higher, in the same currency */
function regularPriceOf(offer, price, page) {
  if (!price) return null;
  for (const part of specifications(offer).filter(isRegular)) {
    const regular = priced(part.price, textOf(part.priceCurrency) ?? textOf(offer.priceCurrency), page);
    if (regular && regular.currency === price.currency && unitsOf(regular.amount) > unitsOf(price.amount)) return regular;
  }
  return null;
}

/** Offers that differ in sku or address are the product's variants. @param {Item[]} offers @param {Page} page @returns {Variant[]} */
function variantsOf(offers, page) {
  /** @type {Map<string, Variant>} */
  const found = new Map();
  for (const offer of offers.filter((one) => !hasType(one, "AggregateOffer"))) {
    const variant = {
      sku: clean(textOf(offer.sku), 100),
      gtin: ["gtin13", "gtin", "gtin12", "gtin14", "gtin8"].map((key) => normaliseGtin(textOf(offer[key]))).find(Boolean),
      url: page.absolute(textOf(offer.url)),
      price: priceOf(offer, page),
      availability: availabilityOf(textOf(offer.availability)),
    };
    const key = JSON.stringify([variant.sku, variant.url]);
    if (!found.has(key)) found.set(key, variant);
  }
  return found.size > 1 ? [...found.values()] : [];
}

/** @param {Item[]} offers @param {(text: any) => string | null} read @param {string} key @returns {string[]} */
function words(offers, read, key) {
  return offers.map((offer) => read(textOf(offer[key]))).filter((word) => word !== null);
}

/** The offer for this page's address, else the first with a price; a product is in stock if any offer is. @param {Item} item @param {Page} page @param {Item[]} variantItems @returns {Offers} */
export function readOffers(item, page, variantItems) {
  let offers = flat(item.offers, null, 0).slice(0, MAX_OFFERS);
  if (offers.length === 0 && ((item.price ?? null) !== null || (item.lowPrice ?? null) !== null)) offers = [item];
  for (const variant of variantItems) {
    offers.push(...flat(variant.offers, null, 0).map((offer) => (variant.url ? { url: variant.url, ...offer } : offer)));
  }
  if (offers.length === 0) return NONE;
  const here = offers.filter((offer) => page.addresses.has(page.absolute(textOf(offer.url))));
  const isOne = here.length === 1;
  const firstPriced = offers.find((offer) => priceOf(offer, page)) ?? offers[0];
  const chosen = isOne && priceOf(here[0], page) ? here[0] : firstPriced;
  const stock = words(isOne ? [chosen] : offers, availabilityOf, "availability");
  const price = priceOf(chosen, page);
  return {
    price,
    regularPrice: regularPriceOf(chosen, price, page),
    availability: stock.includes("InStock") ? "InStock" : stock[0] ?? null,
    condition: words(offers, conditionOf, "itemCondition")[0] ?? null,
    url: page.absolute(textOf(chosen.url)),
    variants: offers.length > 1 && variantItems.length === 0 ? variantsOf(offers, page) : [],
  };
}

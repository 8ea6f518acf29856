// @ts-check
// Reader of schema.org offers in their many shapes: price, regular price, availability, condition, variants.
import { codeOf, gtinOf } from "./identifiers.js";
import { asList, hasType, isObject, textOf, textsOf } from "./nodes.js";
import { machinePrice, unitsOf } from "../../values/price.js";
import { availabilityOf, conditionOf } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.offers;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").DataNode} DataNode */
/** @typedef {import("../../values/price.js").Price} Price */
/** @typedef {Record<string, any>} Variant */
/** @typedef {{price: Price | null, regularPrice: Price | null, availability: string | null, condition: string | null, url: string | null, sku: string | null, mpn: string | null, variants: Variant[]}} Offers */

const REGULAR_PRICE_TYPES = vocabulary.regularPriceTypes;
// UN/CEFACT units that mean the thing itself: a price for one of these is the price.
const PIECES = vocabulary.pieceUnits;
const MAX_OFFERS = 250;
/** @type {Offers} */
const NONE = {
  price: null,
  regularPrice: null,
  availability: null,
  condition: null,
  url: null,
  sku: null,
  mpn: null,
  variants: [],
};

/** Return every single offer; those inside an AggregateOffer inherit its currency and replace it where priced. @param {any} value @param {any} currency @param {number} depth @returns {DataNode[]} */
function flat(value, currency, depth) {
  return asList(value)
    .filter((offer) => isObject(offer) && depth <= 5)
    .flatMap((offer) => {
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

/** @param {DataNode} offer @returns {DataNode[]} */
const specifications = (offer) => asList(offer.priceSpecification).filter(isObject);

/** @param {DataNode} part */
function isRegular(part) {
  const name = (textOf(part.priceType) ?? "").replace(/\/+$/, "");
  return REGULAR_PRICE_TYPES.includes((name.split("/").at(-1)?.split("#").at(-1) ?? "").toLowerCase());
}

/** @param {DataNode} offer @param {Page} page @returns {Price | null} above zero, with the currency that the same object names */
export function priceOf(offer, page) {
  const currency = textOf(offer.priceCurrency);
  for (const key of vocabulary.priceKeys) {
    const price = priced(offer[key], currency, page);
    if (price) return price;
  }
  const parts = specifications(offer);
  for (const part of [...parts.filter((one) => !isSecondChoice(one)), ...parts.filter(isSecondChoice)]) {
    if (isRegular(part) || part.validForMemberTier || isPerUnit(part)) continue;
    const own = textOf(part.priceCurrency) ?? currency;
    // A CompoundPriceSpecification may leave its price to its components.
    const price =
      priced(part.price ?? part.minPrice, own, page) ??
      priced(asList(part.priceComponent).find(isObject)?.price, own, page);
    if (price) return price;
  }
  return null;
}

/** Return whether this is a price for a litre, a metre or a month of the thing, not for the thing. @param {DataNode} part */
function isPerUnit(part) {
  const isMeasured = asList(part.referenceQuantity).some((quantity) => {
    const code = isObject(quantity) ? textOf(quantity.unitCode) : null;
    return code === null || !PIECES.includes(code.toUpperCase()) || ![null, "1"].includes(textOf(quantity.value));
  });
  return isMeasured || vocabulary.billingKeys.some((key) => key in part);
}

/** Return whether this is a price without tax, or for more than one. @param {DataNode} part */
function isSecondChoice(part) {
  const isForMany = ![null, "0", "1"].includes(textOf(asList(part.eligibleQuantity).find(isObject)?.minValue));
  return (textOf(part.valueAddedTaxIncluded) ?? "").toLowerCase() === "false" || isForMany;
}

/** @param {DataNode} offer @returns {string | null} in any spelling, else that of its inventoryLevel */
function availabilityOfOffer(offer) {
  const found = textsOf(offer.availability)
    .map((text) => availabilityOf(text) ?? availabilityOf(text.split(":").at(-1)))
    .find((name) => name !== null);
  if (found) return found;
  const level = textOf(offer.inventoryLevel) ?? "";
  if (!/^\d{1,9}(?:\.\d{1,4})?$/.test(level)) return null;
  return /[1-9]/.test(level) ? "InStock" : "OutOfStock";
}

/** @param {DataNode} offer @param {Price | null} price @param {Page} page @returns {Price | null} the list price where it is higher, in the same currency */
function regularPriceOf(offer, price, page) {
  if (!price) return null;
  for (const part of specifications(offer).filter(isRegular)) {
    const regular = priced(part.price, textOf(part.priceCurrency) ?? textOf(offer.priceCurrency), page);
    if (regular && regular.currency === price.currency && unitsOf(regular.amount) > unitsOf(price.amount))
      return regular;
  }
  return null;
}

/** Offers that differ in sku or address are the product's variants. @param {DataNode[]} offers @param {Page} page @returns {Variant[]} */
function variantsOf(offers, page) {
  /** @type {Map<string, Variant>} */
  const found = new Map();
  for (const offer of offers.filter((one) => !hasType(one, "AggregateOffer"))) {
    const variant = {
      sku: codeOf(offer, "sku"),
      gtin: gtinOf(offer),
      url: page.absolute(textOf(offer.url)),
      price: priceOf(offer, page),
      availability: availabilityOfOffer(offer),
    };
    const key = JSON.stringify([variant.sku, variant.url]);
    if (!found.has(key)) found.set(key, variant);
  }
  return found.size > 1 ? [...found.values()] : [];
}

/** Return the offer for this page's address, else the first with a price; a product is in stock if any offer is. @param {DataNode} node @param {Page} page @param {DataNode[]} variantNodes @returns {Offers} */
export function readOffers(node, page, variantNodes) {
  let offers = flat(node.offers, node.priceCurrency, 0).slice(0, MAX_OFFERS);
  if (offers.length === 0 && ((node.price ?? null) !== null || (node.lowPrice ?? null) !== null)) offers = [node];
  for (const variant of variantNodes) {
    offers.push(
      ...flat(variant.offers, null, 0).map((offer) => (variant.url ? { url: variant.url, ...offer } : offer)),
    );
  }
  if (offers.length === 0) return { ...NONE, availability: availabilityOfOffer(node) };
  const here = offers.filter((offer) => page.addresses.has(page.absolute(textOf(offer.url))));
  const isOne = here.length === 1;
  const firstPriced = offers.find((offer) => priceOf(offer, page)) ?? offers[0];
  const chosen = isOne && priceOf(here[0], page) ? here[0] : firstPriced;
  const stock = (isOne ? [chosen] : offers).map(availabilityOfOffer).filter((name) => name !== null);
  const price = priceOf(chosen, page);
  return {
    price,
    regularPrice: regularPriceOf(chosen, price, page),
    availability: stock.includes("InStock") ? "InStock" : (stock[0] ?? availabilityOfOffer(node)),
    condition: offers.map((offer) => conditionOf(textOf(offer.itemCondition))).find((name) => name !== null) ?? null,
    url: page.absolute(textOf(chosen.url)),
    sku: codeOf(chosen, "sku"),
    mpn: codeOf(chosen, "mpn"),
    variants: offers.length > 1 && variantNodes.length === 0 ? variantsOf(offers, page) : [],
  };
}

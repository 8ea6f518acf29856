// @ts-check
// schema.org items, whatever syntax they came in: which one is the main product, and what it says.
import * as breadcrumbs from "./breadcrumbs.js";
import { normaliseGtin } from "./gtin.js";
import { asList, hasType, isObject, resolveReferences, textOf, textsOf, truthy, typesOf } from "./items.js";
import { readOffers } from "./offers.js";
import { ratingOf, reviewsOf } from "./opinions.js";
import { clean, keyOf } from "./text.js";
import { conditionOf } from "./words.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./items.js").Item} Item */
/** @typedef {import("./combine.js").Candidate} Candidate */

const PRODUCT_TYPES = ["product", "productgroup", "productmodel", "individualproduct", "someproducts"];
// Types that are for sale only where they carry an offer.
const SELLABLE_TYPES = ["book", "vehicle", "car", "motorcycle", "movie", "musicalbum", "videogame", "drug"];
const LIST_TYPES = ["itemlist", "offercatalog", "collectionpage", "searchresultspage"];
const GTIN_KEYS = ["gtin13", "gtin", "gtin14", "gtin12", "gtin8", "ean", "isbn", "productID"];
const MAX_VARIANTS = 250;
const MAX_IMAGES = 30;

/** @param {Item} item @param {string[]} names */
const isOneOf = (item, names) => names.some((name) => typesOf(item).has(name));
/** @param {Item} item */
const isList = (item) => isOneOf(item, LIST_TYPES);

/** @param {unknown} item @returns {boolean} */
function isProduct(item) {
  return isObject(item) && (isOneOf(item, PRODUCT_TYPES) || (isOneOf(item, SELLABLE_TYPES) && "offers" in item));
}

/** @param {Item} item @returns {Item[]} */
function topProducts(item) {
  if (isProduct(item)) {
    const group = asList(item.isVariantOf).find(isProduct);
    if (!group) return [item];
    // A variant at top level stands for itself, with what its group says filled in.
    const shared = Object.entries(group).filter(([key]) => key !== "hasVariant");
    return [{ ...Object.fromEntries(shared), ...item }];
  }
  if (hasType(item, "Offer")) {
    return asList(item.itemOffered).filter(isProduct).slice(0, 1).map((part) => ({ ...part, offers: part.offers ?? item }));
  }
  return isList(item) ? [] : asList(item.mainEntity).filter(isProduct);
}

/** How surely this is the page's own product: by address, then by name, then by having an offer. @param {Item} item @param {Page} page */
function scoreOf(item, page) {
  const urls = ["url", "@id", "mainEntityOfPage"].filter((key) => truthy(item[key])).map((key) => page.absolute(textOf(item[key])));
  const name = keyOf(textOf(item.name));
  return (urls.some((url) => url && page.addresses.has(url)) ? 4 : 0) +
    (name && page.headings.some((text) => keyOf(text) === name) ? 2 : 0) +
    ("offers" in item || "hasVariant" in item ? 1 : 0);
}

/** @param {Item[]} products @param {Page} page @returns {Item[]} those about the page's own product, best first; none on a page of many */
function sameProduct(products, page) {
  if (products.length === 0) return [];
  const scores = products.map((item) => scoreOf(item, page));
  const best = scores.indexOf(Math.max(...scores));
  if (scores[best] < 2 && new Set(products.map((item) => keyOf(textOf(item.name)))).size >= 3) return [];
  const main = products[best];
  const name = keyOf(textOf(main.name));
  return [main, ...products.filter((item) => item !== main && name && keyOf(textOf(item.name)) === name)];
}

/** @param {Item} item @returns {string | null} */
function brandOf(item) {
  const values = [...asList(item.brand), ...asList(item.manufacturer)];
  return values.map((value) => clean(textOf(value), 200)).find((brand) => brand !== null) ?? null;
}

/** @param {Item} item @param {string} key @returns {string | null} */
function codeOf(item, key) {
  return textsOf(item[key]).map((text) => clean(text, 100)).find((code) => code !== null) ?? null;
}

/** @param {Item} item @returns {string | null} */
function gtinOf(item) {
  const sources = [item, ...asList(item.offers).filter(isObject).slice(0, 1)];
  const texts = sources.flatMap((source) => GTIN_KEYS.flatMap((key) => textsOf(source[key])));
  return texts.map(normaliseGtin).find((gtin) => gtin !== null) ?? null;
}

/** @param {Item} item @param {Page} page @returns {string[]} */
function imagesOf(item, page) {
  const texts = asList(item.image).flatMap((value) => {
    if (!isObject(value)) return textsOf(value);
    const key = ["contentUrl", "url", "@id"].find((name) => truthy(value[name]));
    return key ? textsOf(value[key]) : [];
  });
  const urls = texts.map((text) => page.absolute(text)).filter((url) => url !== null);
  return [...new Set(urls)].slice(0, MAX_IMAGES);
}

/** @param {string} name @returns {string} in camelCase; "" where it is not one of ASCII letters and digits */
function attributeKey(name) {
  const words = /^[\x00-\x7f]*$/.test(name) ? name.match(/[A-Za-z0-9]+/g) ?? [] : [];
  const key = words.map((word, i) => (i === 0 ? word.toLowerCase() : word[0].toUpperCase() + word.slice(1).toLowerCase())).join("");
  const american = key === "colour" ? "color" : key;
  return /^[a-z][A-Za-z0-9]{0,39}$/.test(american) ? american : "";
}

/** @param {Item} item @returns {Record<string, string>} colour, size, material and the like, and additionalProperty by its name */
export function attributesOf(item) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const put = (/** @type {string} */ key, /** @type {string} */ value) => {
    const text = clean(value, 200);
    if (key && text && !found.has(key)) found.set(key, text);
  };
  for (const key of ["color", "size", "material", "pattern", "ageGroup", "gender"]) put(key, textsOf(item[key]).join(", "));
  for (const audience of asList(item.audience).filter(isObject)) {
    put("gender", ((textOf(audience.suggestedGender) ?? "").replace(/\/+$/, "").split("/").at(-1) ?? "").toLowerCase());
  }
  for (const part of asList(item.additionalProperty).filter(isObject)) {
    put(attributeKey(textOf(part.name) ?? ""), [textOf(part.value), textOf(part.unitText)].filter(Boolean).join(" "));
  }
  return Object.fromEntries([...found].slice(0, 40));
}

/** @param {Item} item @param {Page} page @returns {{item: Item, variant: Record<string, any>}[]} */
function variantsOf(item, page) {
  return asList(item.hasVariant).slice(0, MAX_VARIANTS).filter(isObject).map((part) => {
    const offers = readOffers(part, page, []);
    const variant = {
      sku: codeOf(part, "sku"), gtin: gtinOf(part), url: page.absolute(textOf(part.url)) ?? offers.url, image: imagesOf(part, page)[0],
      price: offers.price, availability: offers.availability, attributes: attributesOf(part),
    };
    return { item: part, variant };
  }).filter(({ variant }) => Object.values(variant).some(truthy));
}

/** @param {Item} item @param {Page} page @param {"json-ld" | "microdata"} syntax @param {number} numProducts @param {string[]} crumbs @returns {Candidate} */
function candidateOf(item, page, syntax, numProducts, crumbs) {
  const variants = variantsOf(item, page);
  const offers = readOffers(item, page, variants.map((one) => one.item));
  return {
    syntax, isProduct: true, numProducts,
    title: clean(textOf(item.name), 500),
    description: clean(textOf(item.description), 5000),
    brand: brandOf(item),
    categoryPath: crumbs.length > 0 ? crumbs : breadcrumbs.ofCategory(item.category),
    gtin: gtinOf(item),
    sku: codeOf(item, "sku"),
    mpn: codeOf(item, "mpn"),
    images: imagesOf(item, page),
    price: offers.price,
    regularPrice: offers.regularPrice,
    availability: offers.availability,
    condition: conditionOf(textOf(item.itemCondition)) ?? offers.condition,
    rating: ratingOf(item.aggregateRating, true),
    attributes: attributesOf(item),
    variants: variants.length > 0 ? variants.map(({ variant }) => variant) : offers.variants,
    reviews: reviewsOf([...asList(item.review), ...asList(item.reviews)]),
  };
}

/** @param {Item[]} raw @param {Page} page @param {"json-ld" | "microdata"} syntax @returns {Candidate[]} the main product first, then other items about it */
export function candidatesOfItems(raw, page, syntax) {
  const items = resolveReferences(raw).filter(isObject);
  const products = items.flatMap(topProducts);
  const crumbs = breadcrumbs.ofItems(items, page);
  const numListed = items.filter(isList).reduce((sum, item) => sum + asList(item.itemListElement).length, 0);
  const numProducts = products.length + numListed;
  const ranked = sameProduct(products, page);
  if (ranked.length > 0) return ranked.map((item) => candidateOf(item, page, syntax, numProducts, crumbs));
  return crumbs.length > 0 || numProducts > 0 ? [{ syntax, numProducts, categoryPath: crumbs }] : [];
}

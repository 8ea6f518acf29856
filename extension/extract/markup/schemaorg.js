// @ts-check
// schema.org nodes, of any syntax, as Candidates of the page's main product.
import * as breadcrumbs from "./breadcrumbs.js";
import { codeOf, gtinOf, weakSkuOf } from "./identifiers.js";
import { asList, isObject, resolveReferences, textOf, textsOf, truthy } from "./nodes.js";
import { isList, productsOf, sameProduct } from "./main-product.js";
import { readOffers } from "./offers.js";
import { ratingOf, reviewsOf } from "./ratings.js";
import { clean } from "../../values/text.js";
import { brandName, conditionOf } from "../../values/words.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.schemaorg;

/** @typedef {import("../page.js").Page} Page */
/** @typedef {import("./nodes.js").DataNode} DataNode */
/** @typedef {import("../candidate.js").Candidate} Candidate */

const MAX_VARIANTS = 250;
const MAX_IMAGES = 30;
/** @type {Record<string, string>} */
const ATTRIBUTE_ALIASES = vocabulary.attributeAliases;
const IRI = /^(?:(?:https?:)?\/\/|[#/]|_:|urn:)/i;

/** @param {DataNode} node @returns {string | null} */
function brandOf(node) {
  // A reference that nothing on the page resolves, or a logo's address, is not a name.
  const names = vocabulary.brandKeys.flatMap((key) => textsOf(node[key])).filter((text) => !IRI.test(text));
  return names.map((text) => brandName(clean(text, 200))).find((brand) => brand !== null) ?? null;
}

/** @param {DataNode} node @param {Page} page @returns {string[]} */
function imagesOf(node, page) {
  const texts = asList(node.image).flatMap((value) => {
    if (!isObject(value)) return textsOf(value);
    const key = vocabulary.imageKeys.find((name) => truthy(value[name]));
    return key ? textsOf(value[key]) : [];
  });
  const urls = texts.map((text) => page.absolute(text)).filter((url) => url !== null);
  return [...new Set(urls)].slice(0, MAX_IMAGES);
}

/** @param {string} name @returns {string} in camelCase; "" for a name that is not of ASCII letters and digits */
export function attributeKey(name) {
  const words = /^[\x00-\x7f]*$/.test(name) ? (name.match(/[A-Za-z0-9]+/g) ?? []) : [];
  const key = words
    .map((word, i) => (i === 0 ? word.toLowerCase() : word[0].toUpperCase() + word.slice(1).toLowerCase()))
    .join("");
  const american = Object.hasOwn(ATTRIBUTE_ALIASES, key) ? ATTRIBUTE_ALIASES[key] : key;
  return /^[a-z][A-Za-z0-9]{0,39}$/.test(american) ? american : "";
}

/** @param {DataNode} node @returns {Record<string, string>} named attributes such as colour, size and material, and additionalProperty by its camelCase name */
export function attributesOf(node) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const put = (/** @type {string} */ key, /** @type {string} */ value) => {
    const text = clean(value, 200);
    if (key && text && !found.has(key)) found.set(key, text);
  };
  for (const key of vocabulary.attributeKeys) put(key, textsOf(node[key]).join(", "));
  for (const audience of asList(node.audience).filter(isObject)) {
    put("gender", ((textOf(audience.suggestedGender) ?? "").replace(/\/+$/, "").split("/").at(-1) ?? "").toLowerCase());
  }
  for (const part of asList(node.additionalProperty).filter(isObject)) {
    put(attributeKey(textOf(part.name) ?? ""), [textOf(part.value), textOf(part.unitText)].filter(Boolean).join(" "));
  }
  return Object.fromEntries([...found].slice(0, 40));
}

/** @param {DataNode} node @param {Page} page @returns {{node: DataNode, variant: Record<string, any>}[]} */
function variantsOf(node, page) {
  return asList(node.hasVariant)
    .slice(0, MAX_VARIANTS)
    .filter(isObject)
    .map((part) => {
      const offers = readOffers(part, page, []);
      const variant = {
        sku: codeOf(part, "sku") ?? offers.sku,
        gtin: gtinOf(part),
        url: page.absolute(textOf(part.url)) ?? offers.url,
        image: imagesOf(part, page)[0],
        price: offers.price,
        availability: offers.availability,
        attributes: attributesOf(part),
      };
      return { node: part, variant };
    })
    .filter(({ variant }) => Object.values(variant).some(truthy));
}

/** @param {DataNode} node @param {Page} page @param {"json-ld" | "microdata" | "rdfa"} syntax @param {number} numProducts @param {string[]} crumbs @returns {Candidate} */
function candidateOf(node, page, syntax, numProducts, crumbs) {
  const variants = variantsOf(node, page);
  const offers = readOffers(
    node,
    page,
    variants.map((one) => one.node),
  );
  // The variant that the page's address selects fills the fields that the group leaves empty.
  const chosen = variants.find(({ variant }) => variant.url && page.addresses.has(variant.url))?.node ?? {};
  return {
    syntax,
    isProduct: true,
    numProducts,
    title: clean(textOf(node.name), 500),
    description: clean(textOf(node.description), 5000),
    brand: brandOf(node) ?? brandOf(chosen),
    categoryPath: crumbs.length > 0 ? crumbs : breadcrumbs.pathOfCategory(node.category),
    gtin: gtinOf(node) ?? gtinOf(chosen),
    sku: codeOf(node, "sku") ?? codeOf(chosen, "sku") ?? offers.sku,
    mpn: codeOf(node, "mpn") ?? codeOf(chosen, "mpn") ?? offers.mpn,
    images: truthy(imagesOf(node, page)) ? imagesOf(node, page) : imagesOf(chosen, page),
    price: offers.price,
    regularPrice: offers.regularPrice,
    availability: offers.availability,
    condition: conditionOf(textOf(node.itemCondition)) ?? offers.condition,
    rating: ratingOf(node.aggregateRating, true),
    attributes: { ...attributesOf(chosen), ...attributesOf(node) },
    variants: variants.length > 0 ? variants.map(({ variant }) => variant) : offers.variants,
    reviews: reviewsOf([...asList(node.review), ...asList(node.reviews)]),
  };
}

/** @param {DataNode[]} raw @param {Page} page @param {"json-ld" | "microdata" | "rdfa"} syntax @returns {Candidate[]} the main product first, then other nodes about it */
export function candidatesOfNodes(raw, page, syntax) {
  const nodes = resolveReferences(raw).filter(isObject);
  const products = productsOf(nodes);
  const crumbs = breadcrumbs.pathOfNodes(nodes, page);
  const numListed = nodes.filter(isList).reduce((sum, node) => sum + asList(node.itemListElement).length, 0);
  const numProducts = products.length + numListed;
  const ranked = sameProduct(products, page);
  if (ranked.length > 0) {
    const found = ranked.map((node) => candidateOf(node, page, syntax, numProducts, crumbs));
    const weakSku = found.some(({ sku }) => sku) ? null : weakSkuOf(ranked[0]);
    return weakSku ? [...found, { syntax, sku: weakSku, isWeak: true }] : found;
  }
  return crumbs.length > 0 || numProducts > 0 ? [{ syntax, numProducts, categoryPath: crumbs }] : [];
}

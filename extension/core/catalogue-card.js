// @ts-check
import { knownOf } from "../values/known.js";
import { filterProduct } from "./privacy-filter.js";

/**
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 */

/** Attributes that a card keeps: what is compared and what a shopper chooses by. */
const KEPT_ATTRIBUTES = ["color", "material", "pattern", "size"];
/** A catalogue is public: what the filter needs to know of a visit is known already. */
const PUBLIC = { incognito: false, paused: false, isConsented: () => true };

/**
 * Return what is kept of a product of a shop's catalogue: its card, and the product that its text is made of.
 * @param {Product} source not trusted but for its shape
 * @returns {Promise<{card: Card, product: KeptProduct} | null>} null for what the privacy filter refuses, or what has no title
 */
export async function catalogueCard(source) {
  const decision = await filterProduct(source, PUBLIC);
  if (!decision.allowed || !decision.product.title) return null;
  const { product } = decision;
  const { itemId, url, title, brand, categoryPath, attributes = {}, images = [], price } = product;
  const kept = Object.entries(attributes).filter(([name]) => KEPT_ATTRIBUTES.includes(name));
  const { regularPrice, availability } = source;
  const card = knownOf({
    itemId,
    url,
    title,
    brand,
    categoryPath,
    attributes: Object.fromEntries(kept),
    image: images[0],
    price,
    regularPrice,
    availability,
  });
  return { card: /** @type {Card} */ (card), product };
}

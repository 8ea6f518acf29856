// @ts-check
// By what two products are told apart that one page shows one after the other, as shops built as one page do.
import { itemIdOf } from "../values/identity.js";
import { keyOf } from "../values/text.js";
import { keptUrl } from "./privacy-filter.js";

/**
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").ShownProduct} ShownProduct
 * @typedef {"other" | "same" | "variant" | "unchanged" | "unclear"} Relation
 */

/** Two titles are of one product's variants where at least this share of the words of the shorter is in the other. */
const LEAST_SHARED_WORDS = 0.5;

/** @param {Product} product @returns {Promise<ShownProduct>} */
export async function shownOf({ url, title = "", sku, images, price }) {
  return {
    itemId: await itemIdOf(keptUrl(url)),
    title,
    ...(sku && { sku }),
    ...(images?.[0] && { image: images[0] }),
    ...(price && { price: `${price.amount} ${price.currency ?? ""}`.trim() }),
  };
}

/** @param {string} title @returns {Set<string>} */
const wordsOf = (title) => new Set(title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);

/** @param {string} one @param {string} other titles */
function areAlike(one, other) {
  const [words, others] = [wordsOf(one), wordsOf(other)];
  const numShared = [...words].filter((word) => others.has(word)).length;
  return numShared >= LEAST_SHARED_WORDS * Math.max(1, Math.min(words.size, others.size));
}

/** @param {string | undefined} one @param {string | undefined} other @returns {boolean} whether they may be the same: not every reading finds all */
const mayAgree = (one, other) => !one || !other || one === other;

/**
 * Return how the product that a page shows relates to the one that it showed before.
 *
 * - `other`: another item, or the first.
 * - `same`: nothing changed.
 * - `variant`: the same item, which now shows another size, colour or price; or, while the page is still being drawn, the rest of it.
 * - `unchanged`: another address, and still the product of the address before. A price alone makes no difference: it is often
 *   drawn before the rest.
 * - `unclear`: another product under the same address, so that nothing says which of the two the address names.
 * @param {ShownProduct | undefined} before @param {ShownProduct} now
 * @param {{isSettling: boolean}} how whether the page has just changed its address
 * @returns {Relation}
 */
export function relationOf(before, now, { isSettling }) {
  if (!before) return "other";
  const hasTitle = keyOf(before.title) === keyOf(now.title);
  const hasForm = hasTitle && mayAgree(before.sku, now.sku) && mayAgree(before.image, now.image);
  if (before.itemId !== now.itemId) return hasForm ? "unchanged" : "other";
  if (hasForm && mayAgree(before.price, now.price)) return "same";
  return isSettling || areAlike(before.title, now.title) ? "variant" : "unclear";
}

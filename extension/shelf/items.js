// @ts-check
import { catalogueCard } from "../core/catalogue-card.js";
import { extractProduct } from "../extract/extract.js";
import { itemText } from "../values/item-text.js";
import { addressTitle } from "./address.js";
import { productOf } from "./feed.js";
import { shopify } from "./shopify.js";
import { woocommerce } from "./woocommerce.js";

/**
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").ShelfAnswer} ShelfAnswer
 * @typedef {import("../generated/contract-types.js").ItemTextRule} ItemTextRule
 */

/** @param {ShelfAnswer} answer @returns {Promise<Product[]>} */
async function productsOf({ kind, url, body, origin, currency, fetchedAt }) {
  const context = { origin, currency: currency ?? null, fetchedAt };
  if (kind === "shopify") return shopify.productsOf(body, context, { skipped: {} });
  if (kind === "woocommerce") return woocommerce.productsOf(body, context, { skipped: {} });
  if (kind === "addresses") {
    const titled = body.split("\n").map((address) => ({ address, title: addressTitle(address) }));
    const known = titled.filter(({ title }) => title !== null);
    return Promise.all(known.map(({ address, title }) => productOf(address, { title }, context)));
  }
  // A parsed document runs no script and loads nothing.
  const page = new DOMParser().parseFromString(body, "text/html");
  const product = /** @type {Product} */ (await extractProduct(page, url));
  return product.verdict === "product" ? [product] : [];
}

/**
 * Return the items of a shop's answer: cards, and the texts that a bundle's encoder reads of them. What the privacy filter refuses is
 * left out before anything is stored.
 * @param {ShelfAnswer} answer @param {ItemTextRule} rule @returns {Promise<{card: Card, text: string}[]>}
 */
export async function itemsOf(answer, rule) {
  const found = [];
  for (const product of await productsOf(answer)) {
    const kept = await catalogueCard(product);
    if (kept) found.push({ card: kept.card, text: itemText(kept.product, rule) });
  }
  return found;
}

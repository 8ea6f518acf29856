// @ts-check
import { percentDecoded } from "../values/text.js";

// What the address of a product's page says by itself: many shops write the product's name into it.

const EXTENSION = /\.(?:html?|php|aspx?|jsp)$/i;
const MIN_WORDS = 2;
const MIN_LETTERS = 6;
/** A kind of address is taken for products where this many of its pages were read, and this share of them were products. */
const MIN_READ = 3;
const MIN_SHARE = 0.8;

/** @param {string} url @returns {string[]} the parts of its path */
const segmentsOf = (url) => new URL(url).pathname.split("/").filter(Boolean);

/**
 * Return the words of an address's last part that has words, as a title: /p/40007-iben-nylon-daypack is "Iben nylon daypack".
 * @param {string} url @returns {string | null} null where the address does not say enough
 */
export function addressTitle(url) {
  const last = segmentsOf(url).at(-1) ?? "";
  const words = percentDecoded(last.replace(EXTENSION, ""))
    .split(/[-_+.~\s]+/)
    .filter((word) => /\p{L}/u.test(word) && !/^\p{L}?\d{4,}$/u.test(word));
  const text = words.join(" ");
  if (words.length < MIN_WORDS || (text.match(/\p{L}/gu) ?? []).length < MIN_LETTERS) return null;
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * Return the kind of an address: its path without the last part. Shops keep products under one path, and articles under another.
 * @param {string} url @returns {string}
 */
export function kindOfAddress(url) {
  const segments = segmentsOf(url);
  // Where the part before the last differs from product to product, the kind is all before it.
  return `${segments.length}/${segments.slice(0, segments.length > 2 ? -2 : -1).join("/")}`;
}

/**
 * Return the addresses that are products by the pages of their kind that were read.
 * @param {string[]} addresses not read @param {{url: string, isProduct: boolean}[]} read @returns {string[]}
 */
export function likelyProducts(addresses, read) {
  /** @type {Map<string, {num: number, products: number}>} */
  const kinds = new Map();
  for (const { url, isProduct } of read) {
    const kind = kindOfAddress(url);
    const { num, products } = kinds.get(kind) ?? { num: 0, products: 0 };
    kinds.set(kind, { num: num + 1, products: products + Number(isProduct) });
  }
  return addresses.filter((url) => {
    const { num, products } = kinds.get(kindOfAddress(url)) ?? { num: 0, products: 0 };
    return num >= MIN_READ && products >= MIN_SHARE * num && addressTitle(url) !== null;
  });
}

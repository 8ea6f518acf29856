// @ts-check

/**
 * @typedef {import("../generated/contract-types.js").ItemTextRule} ItemTextRule
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {Pick<Product, "title" | "brand" | "description" | "categoryPath" | "attributes">} DescribedItem
 */

// Python's \s, written out: JavaScript's own also takes U+FEFF and misses U+001C–1F and U+0085.
const WHITE_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** @param {string} text @returns {string} */
export function collapse(text) {
  return text.replace(WHITE_SPACE, " ").replace(/^ | $/g, "");
}

/** @param {DescribedItem} product @param {string} field a name, or attributes.NAME @returns {string | undefined} */
function valueOf(product, field) {
  if (field.startsWith("attributes.")) return product.attributes?.[field.slice(11)];
  const value = product[/** @type {Exclude<keyof DescribedItem, "attributes">} */ (field)];
  return Array.isArray(value) ? value.join(" ") : value;
}

/**
 * Return the text that a bundle's encoder reads for an item (bundle.schema.json, itemText).
 * @param {DescribedItem} product
 * @param {ItemTextRule} rule
 * @returns {string} at most rule.maxChars code points
 */
export function itemText(product, rule) {
  const parts = rule.fields.map((field) => collapse(String(valueOf(product, field) ?? ""))).filter(Boolean);
  return Array.from(parts.join(rule.separator)).slice(0, rule.maxChars).join("");
}

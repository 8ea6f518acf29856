// @ts-check
// The codes of a schema.org item: gtin, sku and mpn, under their own names or labelled in more general properties.
import { normaliseGtin } from "../../values/gtin.js";
import { asList, isObject, textOf, textsOf } from "./nodes.js";
import { clean } from "../../values/text.js";

/** @typedef {import("./nodes.js").Item} Item */

const GTIN_KEYS = ["gtin13", "gtin", "gtin14", "gtin12", "gtin8", "ean", "isbn", "upc", "productID"];
const LABELLED = /^(sku|mpn|gtin(?:8|12|13|14)?|ean(?:8|13)?|upc|isbn)\s*:\s*(\S.*)$/i;
// Microdata on the visible page takes the label along with the code.
const LABEL =
  /^\s*(?:sku|mpn|ref|model|code|(?:item|product|art(?:\.|ikel|icle)?)?[-.\s]{0,2}(?:no|nr|number|nummer|code))\.?\s*[:#]\s*/i;
/** @type {Record<string, string>} */
const KINDS = {
  sku: "sku",
  articlenumber: "sku",
  itemnumber: "sku",
  mpn: "mpn",
  manufacturerpartnumber: "mpn",
  partnumber: "mpn",
  gtin: "gtin",
  gtin8: "gtin",
  gtin12: "gtin",
  gtin13: "gtin",
  gtin14: "gtin",
  ean: "gtin",
  ean8: "gtin",
  ean13: "gtin",
  upc: "gtin",
  upca: "gtin",
  isbn: "gtin",
  isbn13: "gtin",
  barcode: "gtin",
};

/** Values of general properties whose label says that they are of this kind: "mpn:X1", {propertyID, value}. @param {Item} item @param {string} kind @returns {string[]} */
function labelled(item, kind) {
  return ["productID", "identifier", "additionalProperty"]
    .flatMap((key) => asList(item[key]))
    .flatMap((part) => {
      if (isObject(part)) {
        const labels = [textOf(part.propertyID), textOf(part.name)].map((label) =>
          (label ?? "").replace(/[^\p{L}\p{N}]+/gu, "").toLowerCase(),
        );
        return labels.some((label) => Object.hasOwn(KINDS, label) && KINDS[label] === kind) ? textsOf(part.value) : [];
      }
      const match = typeof part === "string" ? LABELLED.exec(part.trim()) : null;
      return match && KINDS[match[1].toLowerCase()] === kind ? [match[2]] : [];
    });
}

/** @param {Item} item @returns {string | null} its GTIN, else that of its first offer */
export function gtinOf(item) {
  for (const source of [item, ...asList(item.offers).filter(isObject).slice(0, 1)]) {
    const texts = [...GTIN_KEYS.flatMap((key) => textsOf(source[key])), ...labelled(source, "gtin")];
    const gtin = texts.map(normaliseGtin).find((code) => code !== null);
    if (gtin) return gtin;
  }
  return null;
}

/** @param {Item} item @param {"sku" | "mpn"} key @returns {string | null} */
export function codeOf(item, key) {
  const texts = textsOf(item[key]).map((text) => text.replace(LABEL, ""));
  return [...texts, ...labelled(item, key)].map((text) => clean(text, 100)).find((code) => code !== null) ?? null;
}

/** A `productID` or `identifier` without a label: perhaps the shop's number for it, perhaps a database's. @param {Item} item @returns {string | null} */
export function weakSkuOf(item) {
  const texts = ["productID", "identifier"].flatMap((key) => asList(item[key])).map((part) => clean(part, 100));
  return texts.find((text) => text && !LABELLED.test(text) && !/[/\s:]/.test(text) && !normaliseGtin(text)) ?? null;
}

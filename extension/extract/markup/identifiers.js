// @ts-check
// Codes of a schema.org node: gtin, sku and mpn, under their own names or labelled in general properties.
import { normaliseGtin } from "../../values/gtin.js";
import { asList, isObject, textOf, textsOf } from "./nodes.js";
import { clean } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.markup.identifiers;

/** @typedef {import("./nodes.js").DataNode} DataNode */

const GTIN_KEYS = vocabulary.gtinKeys;
const LABELLED = new RegExp(`^(${vocabulary.labelledCodePatterns.join("|")})\\s*:\\s*(\\S.*)$`, "i");
// Microdata on the visible page takes the label along with the code.
const LABEL = new RegExp(vocabulary.labelPattern, "i");
/** @type {Record<string, string>} */
const KINDS = vocabulary.codeKinds;

/** Return the values of general properties that are labelled with this kind: "mpn:X1", {propertyID, value}. @param {DataNode} node @param {string} kind @returns {string[]} */
function labelled(node, kind) {
  return vocabulary.generalKeys
    .flatMap((key) => asList(node[key]))
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

/** @param {DataNode} node @returns {string | null} its GTIN, else that of its first offer */
export function gtinOf(node) {
  for (const source of [node, ...asList(node.offers).filter(isObject).slice(0, 1)]) {
    const texts = [...GTIN_KEYS.flatMap((key) => textsOf(source[key])), ...labelled(source, "gtin")];
    const gtin = texts.map(normaliseGtin).find((code) => code !== null);
    if (gtin) return gtin;
  }
  return null;
}

/** @param {DataNode} node @param {"sku" | "mpn"} key @returns {string | null} */
export function codeOf(node, key) {
  const texts = textsOf(node[key]).map((text) => text.replace(LABEL, ""));
  return [...texts, ...labelled(node, key)].map((text) => clean(text, 100)).find((code) => code !== null) ?? null;
}

/** Return a `productID` or `identifier` without a label: the shop's number or a database's. @param {DataNode} node @returns {string | null} */
export function weakSkuOf(node) {
  const texts = vocabulary.weakSkuKeys.flatMap((key) => asList(node[key])).map((part) => clean(part, 100));
  return texts.find((text) => text && !LABELLED.test(text) && !/[/\s:]/.test(text) && !normaliseGtin(text)) ?? null;
}

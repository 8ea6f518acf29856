// @ts-check
// Product codes: the one in the page's own address, and the rank of a text as a code.
import { normaliseGtin } from "../../values/gtin.js";
import { percentDecoded } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const vocabulary = pageVocabulary.visible.addressCode;

/** @typedef {import("../page.js").Page} Page */

// Path steps and parameters behind which shops put a product's own code.
const STEPS = new Set(vocabulary.steps);
const PARAMETERS = new Set(vocabulary.parameters);
const MAX_PARAMETERS = 100;
const CODE_PATTERN = new RegExp(`^(?:${vocabulary.codePatterns.join("|")})$`, "u");
const PARAMETER_CODE = /^(?=.*[0-9])[\p{L}\p{N}_.-]{2,40}$/u;
const WORDS_OF_PATH = /[\p{L}\p{N}]+/gu;
export const [CODE, GTIN, WORDS] = [2, 1, 0];

/** @param {string} url @returns {string | null} the code that a parameter names */
export function queryCode(url) {
  const pairs = [...new URLSearchParams(new URL(url).search.slice(1).split("&").slice(0, MAX_PARAMETERS).join("&"))];
  return pairs.find(([name, value]) => PARAMETERS.has(name.toLowerCase()) && PARAMETER_CODE.test(value))?.[1] ?? null;
}

/** @param {string} url @returns {string | null} the code behind a step such as /dp/, else the last long number of the path's last two steps */
export function pathCode(url) {
  const steps = new URL(url).pathname.split("/").filter(Boolean).map(percentDecoded);
  const named = steps.find((step, i) => i > 0 && STEPS.has(steps[i - 1].toLowerCase()) && CODE_PATTERN.test(step));
  const words = steps.slice(-2).flatMap((step) => step.match(WORDS_OF_PATH) ?? []);
  return named ?? words.findLast((word) => CODE_PATTERN.test(word)) ?? null;
}

/** @param {Page} page @returns {string | null} the code in the page's or the canonical address; a parameter wins over a path */
export function pageCode({ url, item }) {
  return queryCode(url) ?? pathCode(item.url) ?? pathCode(url);
}

/** @param {string} sku @returns {number} the rank of a text as a sku: CODE, then GTIN, then WORDS */
export function rank(sku) {
  if (/\s/.test(sku) || !/\p{Nd}/u.test(sku)) return WORDS;
  return normaliseGtin(sku) ? GTIN : CODE;
}

/** @param {Page} page @returns {import("../candidate.js").Candidate[]} the code in the page's address as its sku, for pages that name no other */
export function extract(page) {
  const sku = pageCode(page);
  return sku ? [{ syntax: "url", sku }] : [];
}

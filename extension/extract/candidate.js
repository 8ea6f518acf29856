// @ts-check
// Candidate: the fields of one product as one syntax of one page gives them. It is the answer type of every extractor.

/** @typedef {import("../values/price.js").Price} Price */
/** @typedef {"json-ld" | "microdata" | "rdfa" | "opengraph" | "state" | "meta" | "dom" | "url"} Syntax */
/**
 * Unknown fields are null, undefined or empty.
 * @typedef {{syntax: Syntax, isProduct?: boolean, isWeak?: boolean, numProducts?: number, title?: string | null, price?: Price | null,
 *   regularPrice?: Price | null, categoryPath?: string[], attributes?: Record<string, string>, language?: string} & Record<string, any>} Candidate
 */

export {};

// @ts-check
// Regular expressions from the lists of contracts/page-vocabulary.json, built as scraper/values/vocabulary.py does.

/** @param {string[]} patterns @param {string} [flags] @returns {RegExp} that matches any of the alternatives, in any case */
export function anyOf(patterns, flags = "i") {
  return new RegExp(patterns.join("|"), flags);
}

// @ts-check
// Reader of schema.org's Rating and Review nodes.
import { asList, isObject, textOf } from "./nodes.js";
import { scrubText } from "../../values/personal-data.js";
import { clean } from "../../values/text.js";
import { pageVocabulary } from "../../generated/contracts.js";

const MAX_REVIEWS = 50;
const COUNT_KEYS = pageVocabulary.markup.ratings.countKeys;

/** @param {any} value @returns {number | null} */
function numberOf(value) {
  const match = /^\s*(\d{1,12}(?:[.,]\d{1,20})?)\s*$/.exec(textOf(value) ?? "");
  return match ? Number(match[1].replace(",", ".")) : null;
}

/** @param {any} value @param {boolean} isCounted @returns {{value: number, best: number, count?: number} | null} */
export function ratingOf(value, isCounted) {
  for (const part of asList(value).filter(isObject)) {
    const score = numberOf(part.ratingValue);
    const best = numberOf(part.bestRating) || 5;
    if (score === null || score > best) continue;
    const counted = COUNT_KEYS.map((key) => numberOf(part[key])).find((number) => number !== null && number < 1e12);
    const count = counted === undefined || counted === null ? null : Math.trunc(counted);
    if (isCounted && count === 0) continue;
    return { value: score, best, ...(isCounted && count !== null && { count }) };
  }
  return null;
}

/** Return rating, date and text of Reviews; authors are never read. @param {any[]} parts Review objects @returns {Record<string, any>[]} */
export function reviewsOf(parts) {
  const reviews = [];
  for (const part of parts.filter(isObject)) {
    const text = clean(textOf(part.reviewBody) ?? textOf(part.description), 5000);
    const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/.exec(textOf(part.datePublished) ?? "")?.[0];
    const rating = ratingOf(part.reviewRating, false);
    if (text || rating) reviews.push({ rating, date, text: text && scrubText(text) });
  }
  return reviews.slice(0, MAX_REVIEWS);
}

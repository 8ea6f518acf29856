// @ts-check
import { unit } from "../values/vectors.js";
import { meanOfGreatest, similarities } from "./nearness.js";

/** @typedef {import("../values/vectors.js").Vector} Vector */
/** @typedef {{embedding: Vector}} Item */

/** How many liked items say how near a candidate is to what is liked. */
const NUM_NEAREST = 3;
/**
 * The share of the way from the liked items to a dismissed one where the penalty begins, and where it is whole. Shares do not
 * depend on how alike a shop's items are in the bundle's space. Decision 12 has the measurements.
 */
export const PENALTY_BEGINS = 0.4;
export const PENALTY_IS_WHOLE = 0.6;
// Liked items at the candidate itself: nothing can be nearer to it.
const LEAST_WAY = 1e-6;

/**
 * Return the mean similarity to the three nearest items.
 * @param {Vector} candidate @param {Item[]} items @param {number | undefined} filler the manifest's
 * @returns {number} 0 without items
 */
export function meanOfNearest(candidate, items, filler) {
  return meanOfGreatest(similarities(candidate, items, filler), NUM_NEAREST);
}

/**
 * Return the penalty of a candidate for its similarity to a dismissed item: 0 where it is about as near to what is liked, 1 for a
 * near copy. So the dismissed item's copies leave the list, and the other items stay.
 * @param {Vector} candidate
 * @param {{liked: Item[], dismissed: Item[]}} history
 * @param {number | undefined} filler the manifest's
 * @param {number} [nearLiked] its mean similarity to the nearest liked items, where it is known already
 * @returns {number} 0 to 1
 */
export function dismissalPenalty(candidate, { liked, dismissed }, filler, nearLiked) {
  if (dismissed.length === 0) return 0;
  const direction = unit(candidate);
  const near = nearLiked ?? meanOfNearest(direction, liked, filler);
  const nearest = meanOfGreatest(similarities(direction, dismissed, filler), 1);
  const share = (nearest - near) / Math.max(1 - near, LEAST_WAY);
  return Math.min(1, Math.max(0, (share - PENALTY_BEGINS) / (PENALTY_IS_WHOLE - PENALTY_BEGINS)));
}

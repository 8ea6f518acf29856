// @ts-check
import { dot } from "../values/vectors.js";

/**
 * Return places of items that together stand for all: each next one is the one that brings most items closer to something chosen. So
 * the choice covers what there is, and what is like nothing else comes last.
 * @param {Float32Array[]} items unit length
 * @param {number} most
 * @returns {number[]} in the order in which they were chosen
 */
export function spreadOut(items, most) {
  const similarities = items.map((one) => Float32Array.from(items, (other) => dot(one, other)));
  const nearest = new Float32Array(items.length);
  const rest = new Set(items.keys());
  const chosen = [];
  while (chosen.length < most && rest.size > 0) {
    let [best, greatest] = [-1, -1];
    for (const place of rest) {
      let gain = 0;
      for (let i = 0; i < items.length; i += 1) gain += Math.max(0, similarities[place][i] - nearest[i]);
      if (gain > greatest) [best, greatest] = [place, gain];
    }
    rest.delete(best);
    chosen.push(best);
    for (let i = 0; i < items.length; i += 1) nearest[i] = Math.max(nearest[i], similarities[best][i]);
  }
  return chosen;
}

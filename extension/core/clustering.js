// @ts-check
import { similarity } from "../values/vectors.js";

/** @typedef {import("../values/vectors.js").Vector} Vector */

/**
 * Two clusters become one where the mean similarity of their members is at least this. Decision 21 has the measurements.
 */
export const LEAST_SIMILARITY = 0.15;

/** Similarities of clusters, of which ever fewer are left. The similarity of two is the mean over the pairs of their members. */
class Linkage {
  /** @param {Vector[]} vectors @param {number | undefined} filler */
  constructor(vectors, filler) {
    const num = vectors.length;
    this.num = num;
    this.sizes = new Uint16Array(num).fill(1);
    this.isOpen = vectors.map(() => true);
    this.table = new Float32Array(num * num);
    for (let i = 0; i < num; i += 1)
      for (let j = 0; j < i; j += 1) {
        const value = similarity(vectors[i], vectors[j], filler);
        this.table[i * num + j] = value;
        this.table[j * num + i] = value;
      }
  }

  /** Return the open cluster that is most similar to an open one, the first of equals. @param {number} i @returns {{nearest: number, value: number}} -1 where it is the only one */
  nearestTo(i) {
    let [nearest, value] = [-1, -Infinity];
    for (let j = 0; j < this.num; j += 1) {
      const candidate = this.table[i * this.num + j];
      if (j !== i && this.isOpen[j] && candidate > value) [nearest, value] = [j, candidate];
    }
    return { nearest, value };
  }

  /** Make two clusters one, which has the number of the first. @param {number} i @param {number} j */
  merge(i, j) {
    const [own, other] = [this.sizes[i], this.sizes[j]];
    for (let k = 0; k < this.num; k += 1) {
      const value = (own * this.table[i * this.num + k] + other * this.table[j * this.num + k]) / (own + other);
      this.table[i * this.num + k] = value;
      this.table[k * this.num + i] = value;
    }
    this.sizes[i] = own + other;
    this.isOpen[j] = false;
  }
}

/**
 * Return clusters of items by average linkage, with a chain of nearest neighbours: in the time that all similarities take. The result depends on
 * nothing but the items and their order. A cluster whose nearest one is too far stays as it is, since a merge of others never comes nearer to it.
 * @param {Vector[]} vectors without the mean of their shops
 * @param {number | undefined} filler the manifest's
 * @param {number} [least] similarity
 * @returns {number[][]} the items' numbers, ascending; clusters by their first item
 */
export function clustersOf(vectors, filler, least = LEAST_SIMILARITY) {
  const linkage = new Linkage(vectors, filler);
  const members = vectors.map((_, i) => [i]);
  /** @type {number[]} */
  const closed = [];
  /** @type {number[]} each one's successor is nearest to it */
  let chain = [];
  for (;;) {
    if (chain.length === 0) {
      const first = linkage.isOpen.indexOf(true);
      if (first === -1) break;
      chain = [first];
    }
    const [before, last] = [chain.at(-2), /** @type {number} */ (chain.at(-1))];
    const { nearest, value } = linkage.nearestTo(last);
    const isMutual = before !== undefined && linkage.table[last * linkage.num + before] >= value;
    if (nearest === -1 || value < least) {
      linkage.isOpen[last] = false;
      closed.push(last);
      chain.pop();
    } else if (isMutual) {
      const [i, j] = [Math.min(before, last), Math.max(before, last)];
      linkage.merge(i, j);
      members[i] = [...members[i], ...members[j]];
      chain = chain.slice(0, -2);
    } else chain.push(nearest);
  }
  return closed.map((i) => members[i].sort((a, b) => a - b)).sort(([a], [b]) => a - b);
}

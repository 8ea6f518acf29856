// @ts-check
import { pool } from "./pooling.js";

/**
 * @typedef {object} UserHistory most recent first, at most the bundle's maxItems are read
 * @property {import("../values/vectors.js").Vector[]} items embeddings
 * @property {number[]} kinds index in the contract's list of kinds
 * @property {number[]} agesDays
 * @property {number[]} weights how often each interaction happened on its day, 1 or more
 * @typedef {(history: UserHistory) => Promise<Float32Array>} EmbedUser unit length; all zeros where nothing was liked
 */

/** @param {UserHistory} history @param {number} most @returns {UserHistory} */
function newest({ items, kinds, agesDays, weights }, most) {
  return {
    items: items.slice(0, most),
    kinds: kinds.slice(0, most),
    agesDays: agesDays.slice(0, most),
    weights: weights.slice(0, most),
  };
}

/** Return a user tower that reads as much of a history as its bundle says. @param {EmbedUser} embed @param {Pick<import("./bundle.js").Manifest, "dim" | "interactions">} manifest @returns {EmbedUser} */
export const readingNewest =
  (embed, { dim, interactions }) =>
  async (history) =>
    history.items.length === 0 ? new Float32Array(dim) : embed(newest(history, interactions.maxItems));

/**
 * Return the user tower of a bundle that states it as a rule: it needs neither files nor a runtime.
 * @param {Pick<import("./bundle.js").Manifest, "dim" | "filler" | "interactions" | "lite">} manifest
 * @returns {EmbedUser | null} null where the user tower is a network
 */
export function userByRule({ lite, dim, filler, interactions }) {
  if (!lite.pooling) return null;
  const rule = { ...lite.pooling, filler };
  return readingNewest(async (history) => pool(history, rule, dim), { dim, interactions });
}

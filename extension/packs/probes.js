// @ts-check
import { vectorDifference } from "../core/bundle-probes.js";
import { PackError } from "../values/errors.js";
import { INT16_LEVELS, decodeInt16 } from "../values/vectors.js";
import { damaged } from "./files.js";
import { stepOf } from "./vectors.js";

/**
 * Probes of a pack: what proves that this device's model makes the vectors that the pack holds.
 * @typedef {import("../generated/contract-types.js").PackManifest} PackManifest
 * @typedef {import("./part.js").Part} Part
 */

/** What the vector of a probe loses by its int16. */
const PROBE_LEVEL = 1 / INT16_LEVELS;

/** @param {PackManifest} manifest @param {number} i @param {"vector" | "textVector"} name @returns {Float32Array} @throws {PackError} */
function statedVector({ probes, vectors }, i, name) {
  const stated = decodeInt16(probes[i][name]);
  if (stated?.length === vectors.dim) return stated;
  throw damaged(`probes[${i}]: expected vectors of ${vectors.dim} numbers`);
}

/**
 * Check that the rows of the first part are the vectors of the probes: up to their bits, and as nearly as checkTexts asks where this device
 * made them.
 * @param {PackManifest} manifest @param {Part} first with what this device makes of texts
 * @param {import("../core/bundle-probes.js").Precision[]} precisions of what embeds texts @throws {PackError} pack_damaged
 */
export function checkRows(manifest, { vectors, codes }, precisions) {
  for (const [i, { row }] of manifest.probes.entries()) {
    const stated = statedVector(manifest, i, "vector");
    statedVector(manifest, i, "textVector");
    for (const [b, block] of manifest.vectors.blocks.entries()) {
      const [found, wanted] = [vectors[row], stated].map((all) =>
        all.subarray(block.start, block.start + block.length),
      );
      const bound = block.bits === 0 ? null : stepOf(codes[b][row], block) / 2 + PROBE_LEVEL;
      const isOther =
        bound === null
          ? vectorDifference("", found, wanted, precisions) !== null
          : found.some((value, at) => Math.abs(value - wanted[at]) > bound);
      if (isOther) throw damaged(`probes[${i}]: row ${row} has another vector than it states`);
    }
  }
}

/**
 * Check that this device's model gives the vectors of the probes' texts.
 * @param {PackManifest} manifest @param {import("../core/towers.js").Towers} towers
 * @param {import("../core/bundle-probes.js").Precision[]} precisions of what embeds texts
 * @throws {PackError} pack_foreign
 */
export async function checkTexts(manifest, towers, precisions) {
  const found = await towers.embedItems(manifest.probes.map(({ text }) => text));
  for (const [i] of manifest.probes.entries()) {
    const problem = vectorDifference(`probes[${i}]`, found[i], statedVector(manifest, i, "textVector"), precisions);
    if (problem)
      throw new PackError("pack_foreign", `it was made with another model: probes[${i}] has another vector here`);
  }
}

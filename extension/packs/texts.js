// @ts-check
import { textPlace } from "../core/text-block.js";
import { PackError } from "../values/errors.js";
import { itemText } from "../values/item-text.js";

/**
 * What a pack does not hold because cards tell it: the numbers that this device's model makes of an item's text.
 * @typedef {import("../generated/contract-types.js").PackManifest} PackManifest
 * @typedef {import("../generated/contract-types.js").PackCards} PackCards
 * @typedef {import("./part.js").Part} Part
 * @typedef {import("../core/bundle.js").Manifest} BundleManifest
 */

/** Texts of one call: a message to the towers' zone has some hundred kilobytes. */
const TEXTS_AT_ONCE = 250;

/**
 * Return the block that a pack leaves out, null where it holds all numbers.
 * @param {PackManifest["vectors"]} rule @param {BundleManifest} bundle
 * @returns {{start: number, length: number} | null} @throws {PackError} pack_foreign for numbers that the bundle does not make of texts
 */
export function blockOfTexts({ blocks }, bundle) {
  const without = blocks.filter(({ bits }) => bits === 0);
  if (without.length === 0) return null;
  // Texts are read so fast by token tables alone.
  const place = bundle.lite.textBlock && bundle.text.table ? textPlace(bundle) : null;
  if (!without.every(({ start, length }) => start === place?.start && length === place.length))
    throw new PackError("pack_foreign", "it leaves out numbers that this device's model does not make of texts");
  return without[0];
}

/** @param {PackCards} cards @param {number} row @returns {import("../values/item-text.js").DescribedItem} */
function describedAt({ title, brand, categoryPath, attributes }, row) {
  return { title: title[row], brand: brand?.[row], categoryPath: categoryPath?.[row], attributes: attributes?.[row] };
}

/**
 * Write the numbers that a pack leaves out into the vectors of a part.
 * @param {Part} part @param {PackManifest["vectors"]} rule
 * @param {{manifest: BundleManifest, towers: Pick<import("../core/towers.js").Towers, "embedItems">}} model
 * @throws {PackError} pack_foreign as blockOfTexts
 */
export async function embedTexts({ cards, vectors }, rule, { manifest, towers }) {
  const block = blockOfTexts(rule, manifest);
  if (!block) return;
  const { start, length } = block;
  const texts = cards.title.map((_, row) => itemText(describedAt(cards, row), manifest.text.itemText));
  for (let from = 0; from < texts.length; from += TEXTS_AT_ONCE) {
    const found = await towers.embedItems(texts.slice(from, from + TEXTS_AT_ONCE));
    for (const [i, item] of found.entries()) vectors[from + i].set(item.subarray(start, start + length), start);
  }
}

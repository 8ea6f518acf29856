// @ts-check
import { catalogueCard } from "../core/catalogue-card.js";
import { packCardsSchema } from "../generated/contracts.js";
import { shopOf } from "../values/identity.js";
import { problemIn } from "../values/json-schema.js";
import { knownOf } from "../values/known.js";
import { damaged, fileName, parsed, unpacked } from "./files.js";
import { decodeVectors } from "./vectors.js";

/**
 * Parts of a pack: cards and vectors of some of its items. The twin of kernel/pack_reader.py.
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {import("../generated/contract-types.js").Card} Card
 * @typedef {import("../generated/contract-types.js").PackCards} PackCards
 * @typedef {import("../generated/contract-types.js").PackManifest} PackManifest
 * @typedef {import("../generated/contract-types.js").PackPart} PackPart
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {{cards: PackCards, vectors: Float32Array[], codes: Bytes[]}} Part row by row; codes block by block
 */

/** @param {PackPart} part @param {Bytes} content @returns {PackCards} @throws {import("../values/errors.js").PackError} */
function cardsOf({ cards, numItems }, content) {
  const name = fileName(cards);
  const value = parsed(name, content);
  const problem = problemIn(packCardsSchema, value);
  if (problem) throw damaged(`${name}: ${problem}`);
  for (const [field, { length }] of Object.entries(/** @type {Record<string, unknown[]>} */ (value)))
    if (length !== numItems) throw damaged(`${name}: ${field}: expected ${numItems} entries, got ${length}`);
  return /** @type {PackCards} */ (value);
}

/**
 * Return the items of a part.
 * @param {PackPart} part @param {{cards: Bytes, vectors: Bytes}} files as they were downloaded @param {PackManifest["vectors"]} rule
 * @returns {Promise<Part>} @throws {import("../values/errors.js").PackError} pack_damaged
 */
export async function readPart(part, files, rule) {
  const cards = cardsOf(part, await unpacked(part.cards, files.cards));
  const decoded = decodeVectors(await unpacked(part.vectors, files.vectors), rule, part.numItems);
  if (!decoded) throw damaged(`${fileName(part.vectors)}: expected numbers of its bits for each item`);
  return { cards, ...decoded };
}

/** @param {string} image @param {string} shop @returns {boolean} whether it lies on the shop's own hosts */
function isOfShop(image, shop) {
  return URL.canParse(image) && shopOf(image) === shop;
}

/** @param {PackCards} cards @param {number} row @param {string} shop @param {boolean} withImages of any host @returns {Product} */
function productAt(cards, row, shop, withImages) {
  const { url, title } = cards;
  const image = cards.image?.[row] ?? "";
  const fields = knownOf({
    brand: cards.brand?.[row],
    categoryPath: cards.categoryPath?.[row],
    price: cards.price?.[row],
    regularPrice: cards.regularPrice?.[row],
    availability: cards.availability?.[row],
    attributes: cards.attributes?.[row],
    images: image !== "" && (withImages || isOfShop(image, shop)) ? [image] : [],
  });
  const product = { shop, itemId: "", url: url[row], title: title[row], verdict: "product", provenance: {}, ...fields };
  return /** @type {Product} */ (product);
}

/**
 * Return the items of a part that may be kept: of the shop itself, and not refused by the privacy filter.
 * @param {Part} part @param {string} shop
 * @param {boolean} withImages whether images of any host may be shown. Loading one tells its host which product is shown, and the host may be
 *   the publisher's
 * @returns {Promise<{items: Card[], vectors: Float32Array[]}>}
 */
export async function keptItems({ cards, vectors }, shop, withImages) {
  const kept = await Promise.all(cards.url.map((_, row) => catalogueCard(productAt(cards, row, shop, withImages))));
  const rows = kept.flatMap((one, row) => (one ? [{ card: one.card, vector: vectors[row] }] : []));
  return { items: rows.map(({ card }) => card), vectors: rows.map(({ vector }) => vector) };
}

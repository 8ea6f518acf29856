// @ts-check
import { randomId } from "../core/records.js";
import { layoutOf, matrixOf, rowsOf } from "../core/shelf-matrix.js";
import { createRanker, decodeMoments, encodeMoments } from "../core/shelf-ranking.js";
import { currentItems, decodePart } from "../shelf/parts.js";
import { encodeEmbedding } from "../values/encoding.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../core/recommender.js").Shelf} Shelf
 * @typedef {import("./model.js").Model} Model
 * @typedef {ReturnType<typeof createShelfOpener>} ShelfOpener
 */

/** @param {KeptShelf} shelf @returns {string} that changes with every part that is read */
const keyOf = ({ parts }) => parts.map(({ id }) => id).join();

/** @param {Profile} profile @param {KeptShelf} shelf @param {Model} model @returns {Promise<Shelf>} opened and ready to rank */
async function openShelf(profile, shelf, { manifest, metric }) {
  const { momentsId } = shelf;
  const ids = shelf.parts.map(({ id }) => id);
  const bytes = await profile.shelfParts(momentsId ? [...ids, momentsId] : ids);
  const layout = layoutOf(manifest);
  const moments = momentsId
    ? decodeMoments(/** @type {import("../values/encoding.js").Bytes} */ (bytes.pop()), layout)
    : undefined;
  const contents = bytes.map(decodePart);
  const current = currentItems(contents);
  const all = matrixOf(
    contents.map(({ vectors }) => vectors),
    layout,
  );
  const rows = current.flat().flatMap((isCurrent, row) => (isCurrent ? [row] : []));
  const matrix = rows.length === all.num ? all : rowsOf(all, rows);
  const items = contents.flatMap((content) => content.items).filter((_, row) => current.flat()[row]);
  return { items, ranker: createRanker(matrix, metric ?? null, moments) };
}

/** @param {Profile} profile @param {KeptShelf} shelf @param {Shelf} opened keeps what was estimated, so that the next opening is quick */
async function keepMoments(profile, shelf, { ranker: { moments, mean } }) {
  if (!moments || !mean) return;
  const id = randomId();
  await profile.keepShelf(
    { ...shelf, momentsId: id, mean: encodeEmbedding(Float32Array.from(mean)) },
    { puts: [{ id, bytes: encodeMoments(moments) }], deletes: shelf.momentsId ? [shelf.momentsId] : [] },
  );
}

/**
 * Shelves opened and ready to rank. The one that was opened last stays in memory.
 * @param {{getProfile: import("./store.js").GetProfile, model: import("./model.js").ModelSource}} parts
 */
export function createShelfOpener({ getProfile, model }) {
  /** @type {{key: string, shelf: Shelf} | undefined} a cache: losing it costs one opening */
  let latest;

  /** @param {KeptShelf} shelf @returns {Promise<Shelf>} */
  async function open(shelf) {
    const key = keyOf(shelf);
    if (latest?.key !== key)
      latest = { key, shelf: await openShelf(await getProfile(), shelf, await model.getModel()) };
    return latest.shelf;
  }

  return {
    open,
    /** Estimate the shop's mean and covariance from a shelf that was read to its end, and keep them. @param {KeptShelf} shelf */
    async settle({ momentsId, ...shelf }) {
      if (shelf.numItems === 0) return;
      const profile = await getProfile();
      const opened = await openShelf(profile, shelf, await model.getModel());
      await keepMoments(profile, { ...shelf, momentsId }, opened);
    },
  };
}

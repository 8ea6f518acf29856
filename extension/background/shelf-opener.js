// @ts-check
import { cardsOf } from "../core/catalogue-cards.js";
import { fitsEnvelope } from "../core/envelope.js";
import { randomId } from "../core/profile-records.js";
import { decodeReady, encodeReady, readyOf } from "../core/ready-shelf.js";
import { layoutOf, matrixOf, rowsOf } from "../core/shelf-matrix.js";
import { createRanker } from "../core/shelf-ranking.js";
import { currentItems, decodePart } from "../shelf/parts.js";
import { encodeEmbedding } from "../values/encoding.js";
import { EnvelopeError } from "../values/errors.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../core/recommender.js").Shelf} Shelf
 * @typedef {import("./model.js").Model} Model
 * @typedef {ReturnType<typeof createShelfOpener>} ShelfOpener
 */

/** A shelf that was found without what ranks it at once gets it so much later, when the list that was asked for is shown. */
const READY_AFTER_MS = 1000;

/** @param {KeptShelf} shelf @returns {string} that changes with every part that is read */
const keyOf = ({ parts }) => parts.map(({ id }) => id).join();

/** @param {Profile} profile @param {KeptShelf} shelf @param {Model} model @returns {Promise<Shelf>} made of the shelf's parts */
async function openParts(profile, shelf, { manifest, metric }) {
  const layout = layoutOf(manifest);
  const contents = (await profile.shelfParts(shelf.parts.map(({ id }) => id))).map(decodePart);
  const current = currentItems(contents).flat();
  const all = matrixOf(
    contents.map(({ vectors }) => vectors),
    layout,
  );
  const rows = current.flatMap((isCurrent, row) => (isCurrent ? [row] : []));
  const matrix = rows.length === all.num ? all : rowsOf(all, rows);
  const cards = cardsOf(contents.flatMap((content) => content.items).filter((_, row) => current[row]));
  return { cards, ranker: createRanker(matrix, metric ?? null) };
}

/** @param {Profile} profile @param {KeptShelf} shelf @param {Model} model @returns {Promise<Shelf | null>} null where none was made of these parts, or it is gone */
async function openReady(profile, { ready, parts }, model) {
  if (!ready) return null;
  try {
    // The disk is asked first: it takes longest.
    const pieces = profile.shelfParts([ready.rankingId, ready.cardsId]);
    const [[ranking, cards], of] = await Promise.all([pieces, readyOf({ parts }, model.manifest)]);
    return ready.of === of ? decodeReady({ ranking, cards }, model) : null;
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return null;
  }
}

/**
 * Keep a shelf ready to rank, in place of what was kept of it before: the shop's mean and covariance, or what was made of other parts.
 * @param {Profile} profile @param {KeptShelf} shelf read to its end @param {Shelf} opened @param {Model} model
 */
async function keepReady(profile, { momentsId, ready, ...shelf }, opened, { manifest }) {
  const { mean } = opened.ranker;
  const { ranking, cards } = encodeReady(opened);
  const puts = [ranking, cards].map((bytes) => ({ id: randomId(), bytes }));
  const deletes = [momentsId, ready?.rankingId, ready?.cardsId].filter((id) => id !== undefined);
  const centre = mean && { mean: encodeEmbedding(Float32Array.from(mean)) };
  // What is too large for one envelope is opened from its parts.
  if (!puts.every(({ bytes }) => fitsEnvelope(bytes))) {
    await profile.keepShelf({ ...shelf, ...centre }, { deletes });
    return;
  }
  const [{ id: rankingId }, { id: cardsId }] = puts;
  const made = { of: await readyOf(shelf, manifest), rankingId, cardsId };
  await profile.keepShelf({ ...shelf, ...centre, ready: made }, { puts, deletes });
}

/**
 * Shelves opened and ready to rank. The one that was opened last stays in memory.
 * @param {{getProfile: import("./store.js").GetProfile, model: import("./model.js").ModelSource}} parts
 */
export function createShelfOpener({ getProfile, model }) {
  /** @type {{key: string, shelf: Promise<Shelf>} | undefined} a cache: losing it costs one opening */
  let latest;

  /** @param {string} key @param {Promise<Shelf>} shelf */
  function remember(key, shelf) {
    const entry = { key, shelf };
    latest = entry;
    shelf.catch(() => {
      if (latest === entry) latest = undefined;
    });
    return shelf;
  }

  /** Make a shelf ready that an earlier version kept, or whose worker ended too soon, unless it changed meanwhile. @param {KeptShelf} shelf @param {Shelf} opened @param {Model} current */
  async function makeReady({ id, parts }, opened, current) {
    const profile = await getProfile();
    const now = profile.shelves().find((one) => one.id === id);
    if (now?.status === "read" && keyOf(now) === keyOf({ ...now, parts }))
      await keepReady(profile, now, opened, current);
  }

  /** @param {KeptShelf} shelf @returns {Promise<Shelf>} */
  async function openedAnew(shelf) {
    const profile = await getProfile();
    const current = await model.getModel();
    const ready = await openReady(profile, shelf, current);
    if (ready) return ready;
    /** @type {Shelf} */
    let made;
    try {
      made = await openParts(profile, shelf, current);
    } catch (error) {
      // A reading may have replaced a part since: what it keeps now is opened instead.
      const now = profile.shelves().find(({ id }) => id === shelf.id);
      if (!(error instanceof EnvelopeError) || !now || keyOf(now) === keyOf(shelf)) throw error;
      return openedAnew(now);
    }
    if (shelf.status === "read")
      setTimeout(() => void makeReady(shelf, made, current).catch(console.error), READY_AFTER_MS);
    return made;
  }

  return {
    /** @param {KeptShelf} shelf @returns {Promise<Shelf>} */
    open(shelf) {
      const key = keyOf(shelf);
      return latest?.key === key ? latest.shelf : remember(key, openedAnew(shelf));
    },
    /** Make a shelf that was read to its end ready, and keep the shop's mean. @param {KeptShelf} shelf */
    async settle(shelf) {
      if (shelf.numItems === 0) return;
      const profile = await getProfile();
      const current = await model.getModel();
      const made = await remember(keyOf(shelf), openParts(profile, shelf, current));
      await keepReady(profile, shelf, made, current);
    },
  };
}

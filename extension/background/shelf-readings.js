// @ts-check
import { randomId } from "../core/profile-records.js";
import { layoutOf } from "../core/shelf-matrix.js";
import { readShelf } from "../shelf/reader.js";
import { fromBase64 } from "../values/encoding.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {ReturnType<typeof createReadings>} Readings
 * @typedef {object} Parts what readings work with
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./model.js").ModelSource} model
 * @property {import("./towers-client.js").Ask} ask
 * @property {import("../shelf/reading.js").Surroundings["fetchAnswer"]} fetchAnswer
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} wait
 * @property {() => Promise<void>} announceChange
 * @property {() => number} now milliseconds since 1970
 * @property {import("./shelf-opener.js").ShelfOpener} opener
 */

/** @param {Parts} parts @param {KeptShelf} start @returns {import("../shelf/reading.js").Surroundings} */
function surroundingsOf({ getProfile, model, ask, fetchAnswer, wait, announceChange, now }, { shop, id }) {
  return {
    fetchAnswer,
    wait,
    now,
    newId: randomId,
    async readAnswers(answers) {
      const { bundleUrl, manifest } = await model.getModel();
      const { itemText } = manifest.text;
      const layout = layoutOf(manifest);
      const read = await ask({ type: "shelf.readAnswers", bundleUrl, answers, itemText, layout });
      return { ...read, vectors: fromBase64(read.vectors), layout };
    },
    async keep(shelf, changes) {
      const profile = await getProfile();
      // A shelf that was deleted meanwhile does not come back, even where the shop was allowed again.
      const isKept = profile.shelf(shop)?.id === id && (await profile.keepShelf(shelf, changes));
      await announceChange();
      return isKept;
    },
    async mayRead() {
      const profile = await getProfile();
      return profile.isConsented(shop) && profile.settings.mode !== "page";
    },
    parts: async (ids) => (await getProfile()).shelfParts(ids),
  };
}

/** The readings of shops' catalogues that run now, one a shop. @param {Parts} parts */
export function createReadings(parts) {
  /** @type {Map<string, {id: string, stop: AbortController, done: Promise<void>}>} by shop; the profile knows what runs, too */
  const running = new Map();

  /** @param {KeptShelf} shelf @param {AbortSignal} signal */
  async function readToEnd(shelf, signal) {
    const end = await readShelf(shelf, surroundingsOf(parts, shelf), signal);
    if (end?.status === "read") await parts.opener.settle(end);
  }

  /** @param {KeptShelf} shelf says that its reading ended without an answer of its own, so that the shopper can continue it */
  async function giveUp({ shop }) {
    const profile = await parts.getProfile();
    const shelf = profile.shelf(shop);
    if (shelf?.status === "reading") await profile.keepShelf({ ...shelf, status: "stopped" });
  }

  return {
    /** Begin or continue the reading of a shelf, unless it runs. One of a shelf before it is stopped first. @param {KeptShelf} shelf */
    run(shelf) {
      const { id, shop } = shelf;
      const before = running.get(shop);
      if (before?.id === id && !before.stop.signal.aborted) return;
      before?.stop.abort();
      const stop = new AbortController();
      const done = Promise.resolve(before?.done)
        .then(() => readToEnd(shelf, stop.signal))
        .catch(async (error) => {
          console.error(error);
          await giveUp(shelf);
        })
        .finally(() => {
          if (running.get(shop)?.stop === stop) running.delete(shop);
        })
        .then(parts.announceChange);
      running.set(shop, { id, stop, done });
    },

    /** Stop the reading of a shop's shelf, and wait until it has ended. @param {string} shop */
    async stop(shop) {
      const current = running.get(shop);
      current?.stop.abort();
      await current?.done;
    },
  };
}

// @ts-check
import { packsOf, randomId } from "../core/profile-records.js";
import { PackError } from "../values/errors.js";
import { downloadPart, madePart, openPack } from "./pack-download.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").PackManifest} PackManifest
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("./pack-download.js").Opened} Opened
 * @typedef {import("./pack-download.js").Wanted} Wanted
 * @typedef {ReturnType<typeof createPackLoads>} PackLoads
 * @typedef {{manifest: string, first: Promise<void>}} Load `first`: something of the shop can be ranked; rejects where the pack is not taken
 * @typedef {object} Parts what downloads work with
 * @property {import("./store.js").GetProfile} getProfile
 * @property {import("./model.js").ModelSource} model
 * @property {import("./pack-client.js").PackClient} fetchFile
 * @property {import("./shelf-opener.js").ShelfOpener} opener
 * @property {() => Promise<void>} announceChange
 * @property {() => number} now milliseconds since 1970
 * @typedef {Parts & {isWanted: (profile: Profile) => boolean}} LoadParts of one download; whether its pack is still wanted
 */

/** A device takes a pack whole once it would keep more rows than so many for each item. */
const MOST_ROWS_AN_ITEM = 2;

/** The consent for the shop was withdrawn, the list or the keys changed, or the pack was deleted, while it was downloaded. */
class LoadStopped extends Error {}

/** @param {LoadParts} parts @returns {Promise<Profile>} that still wants the pack @throws {LoadStopped} */
async function wantingProfile({ getProfile, isWanted }) {
  const profile = await getProfile();
  if (!isWanted(profile)) throw new LoadStopped();
  return profile;
}

/** @param {LoadParts} parts @param {KeptShelf} shelf @param {import("../core/profile.js").PartChanges} changes @returns {Promise<KeptShelf>} @throws {LoadStopped} */
async function keep(parts, shelf, changes) {
  if (!(await (await wantingProfile(parts)).keepShelf(shelf, changes))) throw new LoadStopped();
  await parts.announceChange();
  return shelf;
}

/** @param {KeptShelf} held @param {PackManifest} manifest @returns {boolean} whether the pack that is held becomes this one by what changed */
function takesDelta({ pack, parts }, { delta, numItems }) {
  const rows = [...parts, ...(delta?.parts ?? [])].reduce((sum, part) => sum + part.numItems, 0);
  return delta !== undefined && `${delta.previous}.json` === pack?.manifest && rows <= MOST_ROWS_AN_ITEM * numItems;
}

/** Bring the pack that is held to the newest, in one transaction. @param {LoadParts} parts @param {Opened} opened @param {KeptShelf} held */
async function takeDelta(parts, opened, held) {
  const { removed, parts: changed } = /** @type {NonNullable<PackManifest["delta"]>} */ (opened.manifest.delta);
  const puts = [madePart(opened, { items: [], removed }, [])];
  for (const part of changed) {
    await wantingProfile(parts);
    puts.push(await downloadPart(opened, part, { isFirst: false }));
  }
  const at = new Date(parts.now()).toISOString();
  const kept = await keep(
    parts,
    {
      ...held,
      startedAt: at,
      readAt: at,
      numItems: opened.manifest.numItems,
      parts: [...held.parts, ...puts.map(({ id, numItems }) => ({ id, numItems, round: 1 }))],
      pack: opened.pack,
    },
    { puts },
  );
  await parts.opener.settle(kept);
}

/** @param {LoadParts} parts @param {Opened} opened @param {Wanted} wanted @returns {Promise<KeptShelf>} without a part, or what was downloaded before */
async function begin(parts, { manifest, pack }, { begun, listUrl }) {
  if (begun) return begun;
  const startedAt = new Date(parts.now()).toISOString();
  const { shop, space, numItems: total } = manifest;
  const empty = { numItems: 0, total, parts: [], next: "" };
  /** @type {KeptShelf} */
  const shelf = {
    id: randomId(),
    shop,
    origin: listUrl,
    space,
    kind: "pack",
    status: "reading",
    round: 1,
    startedAt,
    ...empty,
    pack,
  };
  return keep(parts, shelf, {});
}

/** Download a pack from its first part on, or from where a worker before this one ended. @param {LoadParts} parts @param {Opened} opened @param {Wanted} wanted @param {() => void} onFirst */
async function takeAll(parts, opened, wanted, onFirst) {
  const profile = await parts.getProfile();
  let shelf = await begin(parts, opened, wanted);
  try {
    for (const [i, part] of [...opened.manifest.parts.entries()].slice(shelf.parts.length)) {
      const { bytes, ...made } = await downloadPart(opened, part, { isFirst: i === 0 });
      const own = [...shelf.parts, { ...made, round: 1 }];
      const numItems = shelf.numItems + made.numItems;
      shelf = await keep(parts, { ...shelf, numItems, parts: own }, { puts: [{ id: made.id, bytes }] });
      onFirst();
    }
  } catch (error) {
    // What was downloaded is worth keeping where the host is only away.
    if (error instanceof PackError && error.code !== "pack_unreachable") await profile.deleteShelf(shelf);
    throw error;
  }
  shelf = await keep(parts, { ...shelf, status: "read", readAt: new Date(parts.now()).toISOString() }, {});
  for (const other of packsOf(profile.shelves(), shelf.shop))
    if (other.id !== shelf.id) await profile.deleteShelf(other);
  await parts.opener.settle(shelf);
}

/** @param {Parts} given @param {Wanted} wanted @param {() => void} onFirst @throws {PackError} */
async function load(given, wanted, onFirst) {
  const { trustedKeys = [] } = (await given.getProfile()).settings;
  /** @type {LoadParts} */
  const parts = {
    ...given,
    isWanted: ({ settings }) =>
      Object.hasOwn(settings.consents, wanted.entry.shop) &&
      settings.packListUrl === wanted.listUrl &&
      (settings.trustedKeys ?? []).join() === trustedKeys.join(),
  };
  const { fetchFile } = parts;
  const opened = await openPack(wanted, {
    model: await parts.model.getModel(),
    fetchFile,
    trustedKeys,
    now: parts.now(),
  });
  try {
    if (wanted.held && takesDelta(wanted.held, opened.manifest)) await takeDelta(parts, opened, wanted.held);
    else await takeAll(parts, opened, wanted, onFirst);
  } catch (error) {
    if (!(error instanceof LoadStopped)) throw error;
  }
}

/** The downloads of packs that run now, one a shop. @param {Parts} parts */
export function createPackLoads(parts) {
  /** @type {Map<string, Load>} by shop */
  const running = new Map();
  return {
    /** Forget the downloads that run, after the list or the keys were changed: they end by themselves, and the next question starts anew. */
    forget: () => running.clear(),

    /**
     * Download a pack, unless that runs.
     * @param {Wanted} wanted
     * @param {(error: unknown) => Promise<never>} remember told of a failure while the download still counts as running: whoever asks once it
     *   does not must know that it failed, or would download the pack again
     * @returns {Load}
     */
    run(wanted, remember) {
      const { shop, manifest } = wanted.entry;
      const present = running.get(shop);
      if (present?.manifest === manifest) return present;
      /** @type {() => void} */
      let onFirst = () => undefined;
      const begun = /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          onFirst = () => resolve(undefined);
        })
      );
      const done = load(parts, wanted, onFirst)
        .catch(remember)
        .finally(() => {
          // A newer pack's download may have taken its place.
          if (running.get(shop) === started) running.delete(shop);
        });
      const started = { manifest, first: Promise.race([begun, done]) };
      // Whoever does not wait for the first part asks for nothing of it.
      started.first.catch(() => undefined);
      running.set(shop, started);
      return started;
    },
  };
}

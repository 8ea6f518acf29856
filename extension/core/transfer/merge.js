// @ts-check
// What two browsers of one person know, put together (docs/sync.md).
import { privacy } from "../../generated/contracts.js";
import { sha256Hex } from "../../values/encoding.js";
import { savedKey } from "../import-saved.js";
import { interactionKey } from "../importing.js";
import { newestFirst } from "../profile-records.js";

/**
 * @typedef {import("../../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../../generated/contract-types.js").SavedItem} SavedItem
 * @typedef {{interactions: KeptInteraction[], saved: SavedItem[]}} Side what a browser, or the copy, has
 * @typedef {object} Merged
 * @property {Side} whole for the copy
 * @property {Side} additions to this browser
 * @property {{id: string, time: string, weight: number}[]} repetitions of what this browser has
 * @property {{ids: string[], savedIds: string[]}} removals from this browser
 * @property {boolean} isNews whether the copy changes
 */

const KEY_DIGITS = 32;

/** Return things by their keys: a hash, so that a removed thing leaves no name. @template T @param {T[]} all @param {(one: T) => string} keyOf @returns {Promise<Map<string, T>>} */
export async function keyedBy(all, keyOf) {
  const keys = await Promise.all(all.map((one) => sha256Hex(keyOf(one))));
  return new Map(all.map((one, i) => [keys[i].slice(0, KEY_DIGITS), one]));
}

/** @param {Side} side @returns {Promise<string[]>} the keys of all that a side has */
export async function keysOf({ interactions, saved }) {
  return [...(await keyedBy(interactions, interactionKey)).keys(), ...(await keyedBy(saved, savedKey)).keys()];
}

/**
 * Put one list of both sides together.
 * @template T
 * @param {Map<string, T>} here @param {Map<string, T>} there @param {Set<string>} before keys that both had after the last turn
 */
function joinedLists(here, there, before) {
  const removedHere = [...there.keys()].filter((key) => before.has(key) && !here.has(key));
  const removedThere = [...here.keys()].filter((key) => before.has(key) && !there.has(key));
  const gone = new Set([...removedHere, ...removedThere]);
  const keys = [...new Set([...here.keys(), ...there.keys()])].filter((key) => !gone.has(key));
  return { keys, additions: keys.filter((key) => !here.has(key)), removals: removedThere };
}

/** @template T @param {Map<string, T>} from @param {string[]} keys @returns {T[]} */
const allOf = (from, keys) => keys.map((key) => /** @type {T} */ (from.get(key)));

/** @param {KeptInteraction} a @param {KeptInteraction | undefined} b @returns {KeptInteraction} with the later time and the greater weight */
function stronger(a, b) {
  if (!b) return a;
  return { ...a, time: a.time > b.time ? a.time : b.time, weight: Math.max(a.weight, b.weight) };
}

/** @param {KeptInteraction} a @param {KeptInteraction} b @returns {boolean} */
const differs = (a, b) => a.time !== b.time || a.weight !== b.weight;

/**
 * Merge what this browser has with the copy.
 * @param {Side} here @param {Side} there @param {Set<string>} before keys that both had after the last turn of this browser
 * @returns {Promise<Merged>}
 */
export async function merged(here, there, before) {
  const [own, other] = [
    await keyedBy(here.interactions, interactionKey),
    await keyedBy(there.interactions, interactionKey),
  ];
  const [ownSaved, otherSaved] = [await keyedBy(here.saved, savedKey), await keyedBy(there.saved, savedKey)];
  const [list, saved] = [joinedLists(own, other, before), joinedLists(ownSaved, otherSaved, before)];
  const both = list.keys.map((key) => {
    const [mine, theirs] = [own.get(key), other.get(key)];
    const one = mine ? stronger(mine, theirs) : /** @type {KeptInteraction} */ (theirs);
    return { one, mine, theirs };
  });
  const repetitions = both.flatMap(({ one, mine }) => (mine && differs(one, mine) ? [one] : []));
  const kept = both.sort((a, b) => newestFirst(a.one, b.one)).slice(0, privacy.maxInteractions);
  const isNews =
    kept.some(({ one, theirs }) => !theirs || differs(one, theirs)) ||
    kept.length !== there.interactions.length ||
    saved.keys.some((key) => !otherSaved.has(key)) ||
    saved.keys.length !== there.saved.length;
  return {
    whole: {
      interactions: kept.map(({ one }) => one),
      saved: saved.keys.map((key) => ownSaved.get(key) ?? /** @type {SavedItem} */ (otherSaved.get(key))),
    },
    additions: { interactions: allOf(other, list.additions), saved: allOf(otherSaved, saved.additions) },
    repetitions: repetitions.map(({ id, time, weight }) => ({ id, time, weight })),
    removals: {
      ids: allOf(own, list.removals).map(({ id }) => id),
      savedIds: allOf(ownSaved, saved.removals).map(({ id }) => id),
    },
    isNews,
  };
}

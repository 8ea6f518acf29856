// @ts-check
// How often the filter left something out, by reason. Neither what it was nor where is kept: a shop's name could tell it.

/**
 * @typedef {Pick<import("./profile.js").Profile, "others" | "changeOthers">} Records
 * @typedef {{reason: string, count: number}} DroppedCount
 */

const KIND = "dropped";
/** SHA-256("carryover record dropped"), cut to the form of a record's id. */
const DROPPED_ID = "c222b6d1a55561922f3fa22aca86eb1f";
const SENSITIVE = /^sensitive_/;
const COUNTED = /^(?:sensitive_\w+|private_path|personal_url)$/;

/** Counts of one profile are changed one after the other. @type {WeakMap<object, Promise<void>>} */
const queues = new WeakMap();

/** @param {Pick<Records, "others">} profile @returns {Record<string, number>} by reason */
const countsIn = (profile) => {
  const [kept] = /** @type {{counts: Record<string, number>}[]} */ (profile.others(KIND));
  return kept?.counts ?? {};
};

/** @param {Record<string, number>} counts by reason @returns {DroppedCount[]} the most frequent first */
export function listed(counts) {
  const list = Object.entries(counts).map(([reason, count]) => ({ reason, count }));
  return list.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** @param {Pick<Records, "others">} profile @returns {DroppedCount[]} the most frequent first */
export const droppedIn = (profile) => listed(countsIn(profile));

/** @param {string} reason as the filter gives it @returns {string | null} as it is counted; null for consent, pause and private windows */
export const countedReason = (reason) => (COUNTED.test(reason) ? reason.replace(SENSITIVE, "") : null);

/**
 * Count what the filter left out.
 * @param {Records} profile @param {string} reason as the filter gives it
 * @returns {Promise<void>}
 */
export function countDropped(profile, reason) {
  const name = countedReason(reason);
  if (name === null) return Promise.resolve();
  const counted = (queues.get(profile) ?? Promise.resolve()).then(() => {
    const counts = countsIn(profile);
    return profile.changeOthers([
      { kind: KIND, id: DROPPED_ID, value: { counts: { ...counts, [name]: (counts[name] ?? 0) + 1 } } },
    ]);
  });
  queues.set(
    profile,
    counted.catch(() => undefined),
  );
  return counted;
}

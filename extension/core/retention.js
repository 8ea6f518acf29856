// @ts-check
import { privacy } from "../generated/contracts.js";

/**
 * What goes because it is old, and how old anything is. No single reading of the clock is believed.
 *
 * A reading is a time that the device's clock showed when the profile was opened or changed, at least six hours after the one before. A time
 * is trusted once three later readings have confirmed it. A reading that is more than forty days after the one before begins a new row: nothing
 * confirms it yet. One that is before others takes them away: they were wrong. The trusted time never goes back.
 * @typedef {import("../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 * @typedef {{kind: string, id: string, value: object}} Entry a record, readable
 * @typedef {{trusted: string, readings: string[]}} KeptClock ISO 8601; the readings not yet confirmed, the oldest first
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_LEDGER_ENTRIES = 500;
const KIND = "clock";
/** SHA-256("carryover record clock"), cut to the form of a record's id. */
export const CLOCK_ID = "7d96d67fe3b1317ac5c47261a98b9a70";
/** Readings that are nearer to each other count as one. */
export const LEAST_GAP_MS = 6 * HOUR_MS;
/** Who comes back later than this begins a new row. So a clock that runs ahead in leaps gains at most this with each reading. */
export const MOST_GAP_MS = 40 * DAY_MS;
const NUM_CONFIRMING = 3;
/** @type {KeptClock} */
const UNKNOWN = Object.freeze({ trusted: "", readings: [] });

/** Beyond these, times in ISO 8601 do not compare as their texts do. */
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** @param {number} ms @returns {string} */
const iso = (ms) => new Date(Math.min(LAST_MS, Math.max(0, ms))).toISOString();

/** @param {Map<string, Entry>} others records by id @returns {KeptClock} */
const clockIn = (others) => /** @type {KeptClock | undefined} */ (others.get(CLOCK_ID)?.value) ?? UNKNOWN;

/**
 * Return what is known of the time after one more reading.
 * @param {KeptClock} clock @param {number} now milliseconds since 1970 @returns {KeptClock} the same one where the reading says nothing new
 */
export function clockAfter(clock, now) {
  const at = iso(now);
  const before = clock.readings.filter((one) => one <= at);
  const last = before.at(-1);
  const gap = last === undefined ? Infinity : now - Date.parse(last);
  if (gap < LEAST_GAP_MS) return before.length === clock.readings.length ? clock : { ...clock, readings: before };
  const isNewRow = gap > MOST_GAP_MS;
  if (isNewRow && at <= clock.trusted) return clock.readings.length === 0 ? clock : { ...clock, readings: [] };
  const row = isNewRow ? [at] : [...before, at];
  if (row.length <= NUM_CONFIRMING) return { ...clock, readings: row };
  const [confirmed, ...readings] = row;
  return { trusted: confirmed > clock.trusted ? confirmed : clock.trusted, readings };
}

/** Return the time at which things are dated: never before what is known to be past. @param {Map<string, Entry>} others records by id @param {number} now */
export function today(others, now) {
  const { trusted } = clockIn(others);
  return trusted ? Math.max(now, Date.parse(trusted)) : now;
}

/**
 * Return what a profile keeps no longer: what is too old, and what is too much, the oldest first.
 * @param {{interactions: KeptInteraction[], ledger: LedgerEntry[], shelves: KeptShelf[]}} kept most recent first
 * @param {string} trusted time that is past, empty where none is known
 * @returns {{ids: string[], shelves: KeptShelf[]}} records, and of these the shelves, whose parts go with them
 */
export function outdated({ interactions, ledger, shelves }, trusted) {
  const oldest = trusted && iso(Date.parse(trusted) - privacy.retentionDays * DAY_MS);
  const goneShelves = shelves.filter(({ startedAt }) => startedAt < oldest);
  const gone = [
    ...interactions.filter((one, i) => one.time < oldest || i >= privacy.maxInteractions),
    ...ledger.filter((one, i) => one.time < oldest || i >= MAX_LEDGER_ENTRIES),
    ...goneShelves,
  ];
  return { ids: gone.map(({ id }) => id), shelves: goneShelves };
}

/**
 * Return what a reading of the clock changes: the clock's own record, and things that a clock ahead of time has dated after now, once three
 * readings agree on that. Without it they would be kept for so much longer.
 * @param {{interactions: KeptInteraction[], ledger: LedgerEntry[], shelves: KeptShelf[], others: Map<string, Entry>}} kept most recent first
 * @param {number} now milliseconds since 1970
 * @returns {{entries: Entry[], ids: string[], shelves: KeptShelf[]}} records to write; records to delete, and of these the shelves
 */
export function due({ others, ...kept }, now) {
  const before = clockIn(others);
  const clock = clockAfter(before, now);
  const gone = outdated(kept, clock.trusted);
  if (clock === before) return { entries: [], ...gone };
  const at = clock.trusted === before.trusted ? undefined : clock.readings.at(-1);
  const ids = new Set(gone.ids);
  const isAhead = (/** @type {{id: string, time: string}} */ one) =>
    at !== undefined && one.time > at && !ids.has(one.id);
  const dated = (/** @type {string} */ kind, /** @type {(KeptInteraction | LedgerEntry)[]} */ list) =>
    list.filter(isAhead).map((one) => ({ kind, id: one.id, value: { ...one, time: at } }));
  const entries = [...dated("interaction", kept.interactions), ...dated("ledger", kept.ledger)];
  return { entries: [{ kind: KIND, id: CLOCK_ID, value: clock }, ...entries], ...gone };
}

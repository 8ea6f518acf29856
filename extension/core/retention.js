// @ts-check
import { privacy } from "../generated/contracts.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../generated/contract-types.js").KeptShelf} KeptShelf
 * @typedef {import("../generated/contract-types.js").LedgerEntry} LedgerEntry
 */

const DAY_MS = 86_400_000;
const MAX_LEDGER_ENTRIES = 500;

/**
 * Return what a profile keeps no longer: what is too old, and what is too much, the oldest first.
 * @param {{interactions: KeptInteraction[], ledger: LedgerEntry[], shelves: KeptShelf[]}} kept most recent first
 * @param {number} now milliseconds since 1970
 * @returns {{ids: string[], shelves: KeptShelf[]}} records, and of these the shelves, whose parts go with them
 */
export function outdated({ interactions, ledger, shelves }, now) {
  const oldest = new Date(now - privacy.retentionDays * DAY_MS).toISOString();
  const goneShelves = shelves.filter(({ startedAt }) => startedAt < oldest);
  const gone = [
    ...interactions.filter((one, i) => one.time < oldest || i >= privacy.maxInteractions),
    ...ledger.filter((one, i) => one.time < oldest || i >= MAX_LEDGER_ENTRIES),
    ...goneShelves,
  ];
  return { ids: gone.map(({ id }) => id), shelves: goneShelves };
}

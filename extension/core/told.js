// @ts-check
// What is told of products, as changes of a profile's records.
import { randomId } from "./profile-records.js";
import { removalOf } from "./removal.js";
import { savedIn } from "./saved.js";

/**
 * @typedef {import("../generated/contract-types.js").KeptInteraction} KeptInteraction
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {import("../generated/contract-types.js").SavedItem} SavedItem
 * @typedef {import("../generated/contract-types.js").InteractionKind} Kind
 * @typedef {{kind: string, id: string, value: object}} Entry a record, readable
 * @typedef {{product: KeptProduct, kind: Kind, space: string, embedding: string, adds?: 0 | 1}} Happened now; `adds` 0: only what is kept of it
 *   changes
 * @typedef {Omit<KeptInteraction, "id"> & {id?: string}} Past with an id of its own where its teller must know it
 * @typedef {{id: string, time: string, weight: number}} Revised what changes of an interaction that is kept
 * @typedef {{ids: string[], savedIds: string[], records: Entry[]}} Rest what goes, and records of other kinds, with the same transaction
 * @typedef {{happened?: Happened[], past?: Past[], saved?: SavedItem[], revised?: Revised[], rest?: Rest}} Told of products
 */

/**
 * Return an interaction as it is kept. The same kind with the same item on the same day is one interaction: its time becomes now and its
 * weight grows, to 5 at most.
 * @param {KeptInteraction[]} kept
 * @param {Omit<KeptInteraction, "id" | "weight"> & {adds: 0 | 1}} happened `adds` 0: only what is kept of it changes
 * @returns {KeptInteraction | null} null where it adds nothing to nothing
 */
export function repeated(kept, { adds, ...happened }) {
  const { kind, time, product } = happened;
  const same = kept.find(
    (one) =>
      one.kind === kind &&
      one.product.shop === product.shop &&
      one.product.itemId === product.itemId &&
      one.time.slice(0, 10) === time.slice(0, 10),
  );
  if (!same && adds === 0) return null;
  return { id: same?.id ?? randomId(), ...happened, weight: Math.min(5, (same?.weight ?? 0) + adds) };
}

/**
 * Return the records of what is told of products.
 * @param {Told} told @param {KeptInteraction[]} before what is kept already @param {string} time of what happens now
 * @returns {{kind: string, id: string, value: KeptInteraction | SavedItem}[]}
 */
export function entriesOf({ happened = [], past = [], saved = [] }, before, time) {
  /** @type {Map<string, KeptInteraction>} by id: two things that are told at once may be one interaction */
  const changed = new Map();
  for (const { product, kind, space, embedding, adds = 1 } of happened) {
    const kept = repeated([...changed.values(), ...before], { product, kind, space, embedding, adds, time });
    if (kept) changed.set(kept.id, kept);
  }
  const interactions = [...changed.values(), ...past.map((one) => ({ id: randomId(), ...one }))];
  return [
    ...interactions.map((value) => ({ kind: "interaction", id: value.id, value })),
    ...saved.map((value) => ({ kind: "saved", id: value.id, value })),
  ];
}

/** @param {Revised[]} revised @param {KeptInteraction[]} kept @returns {Entry[]} of those that are still there */
function revisedEntries(revised, kept) {
  if (revised.length === 0) return [];
  const changes = new Map(revised.map((one) => [one.id, one]));
  const there = kept.filter(({ id }) => changes.has(id));
  return there.map((one) => ({ kind: "interaction", id: one.id, value: { ...one, ...changes.get(one.id) } }));
}

/**
 * Return what is told of products, as records to write and to delete.
 * @param {Told} told @param {Pick<import("./profile.js").Profile, "interactions" | "ledger" | "others">} profile @param {string} time of what happens now
 * @returns {{entries: Entry[], deletes: string[], ids: string[]}} `ids` of the records of what was added
 */
export function changesOf({ revised = [], rest, ...told }, profile, time) {
  const interactions = profile.interactions();
  const added = entriesOf(told, interactions, time);
  const entries = [...revisedEntries(revised, interactions), ...added];
  const ids = added.map(({ id }) => id);
  if (!rest) return { entries, deletes: [], ids };
  const gone = new Set(rest.ids);
  const removed = removalOf(
    { interactions, ledger: profile.ledger(), saved: savedIn(profile) },
    { isRemoved: ({ id }) => gone.has(id), savedIds: rest.savedIds },
  );
  return { entries: [...entries, ...removed.entries, ...rest.records], deletes: removed.ids, ids };
}

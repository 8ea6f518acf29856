// @ts-check
// What another browser of the shopper knows, taken over into this one: through the door, and in one transaction (docs/sync.md).
import { admitKept, keep } from "../door.js";
import { admitSaved, savedKey } from "../import-saved.js";
import { admitRows, interactionKey, roomIn } from "../importing.js";
import { randomId } from "../profile-records.js";
import { keyedBy } from "./merge.js";

/**
 * @typedef {import("../door.js").Act} Act
 * @typedef {import("../told.js").Entry} Entry
 * @typedef {import("./merge.js").KeptInteraction} KeptInteraction
 * @typedef {import("./merge.js").Merged} Merged
 * @typedef {Pick<Merged, "additions"> & Partial<Pick<Merged, "repetitions" | "removals">>} Taken of a merge
 */

/** @param {KeptInteraction} one @returns {import("../importing.js").Row} */
function rowOf({ kind, time, weight, space, embedding, product: { shop, title = "", ...product } }) {
  return { kind, time, weight, space, embedding, title, ...product };
}

/**
 * Return what of a list is not of a day to come here: the clock of another browser may be ahead, and each day it would be added anew.
 * @template {{time: string}} T @param {T[]} list @param {number} now @returns {T[]}
 */
function untilToday(list, now) {
  const day = new Date(now).toISOString().slice(0, 10);
  return list.filter(({ time }) => time.slice(0, 10) <= day);
}

/** @param {Merged["repetitions"]} repetitions @param {Act} act @param {number} now @returns {Promise<import("../door.js").ToldAgain[]>} */
async function admitAgain(repetitions, act, now) {
  const [latest, kept] = [new Date(now).toISOString(), new Map(act.profile.interactions().map((one) => [one.id, one]))];
  const again = [];
  for (const { id, time, weight } of untilToday(repetitions, now)) {
    const one = kept.get(id);
    const { admitted } = one ? await admitKept(one.product, "sync", act) : { admitted: undefined };
    if (admitted) again.push({ id, time: time < latest ? time : latest, weight, of: admitted });
  }
  return again;
}

/**
 * Take over what a merge gives this browser. All of it is written at once, together with what the sync remembers.
 * @param {Taken} taken
 * @param {object} on
 * @param {Act} on.act which began before the copy was read: after an erase nothing of it is written
 * @param {() => Promise<import("../recommender.js").Model>} on.model
 * @param {number} on.now milliseconds since 1970
 * @param {(keys: string[]) => Entry[]} [on.recordsOf] what is written with it, by the keys of the things that are added
 * @returns {Promise<{keys: string[], reason?: string}>} the keys of what was added; why nothing was
 */
export async function takeOver({ additions, repetitions = [], removals }, { act, model, now, recordsOf = () => [] }) {
  const rows = untilToday(additions.interactions, now).map(rowOf);
  const { past } = rows.length > 0 ? await admitRows(rows, { rule: "sync", act, model, now }) : { past: [] };
  const { told: saved } = await admitSaved(additions.saved, { rule: "sync", act, now });
  const withIds = past.map((one) => ({ ...one, id: randomId() }));
  const again = await admitAgain(repetitions, act, now);
  const keyOf = await keysById(withIds, saved);
  /** @type {string[]} */
  let keys = [];
  const { reason } = await keep(
    {
      past: withIds,
      saved,
      again,
      room: () => roomIn(act.profile),
      rest: (allowed) => {
        const ids = [...(allowed.past ?? []), ...(allowed.saved ?? [])].map(({ id }) => id ?? "");
        keys = ids.map((id) => /** @type {string} */ (keyOf.get(id)));
        return { ids: removals?.ids ?? [], savedIds: removals?.savedIds ?? [], records: recordsOf(keys) };
      },
    },
    act,
  );
  return { keys, ...(reason && reason !== "not_counted" && { reason }) };
}

/** @param {(import("../door.js").ToldPast & {id: string})[]} past @param {import("../door.js").ToldSaved[]} saved @returns {Promise<Map<string, string>>} their keys by their ids */
async function keysById(past, saved) {
  const interactions = await keyedBy(past, ({ of, itemId, ...one }) =>
    interactionKey({ ...one, product: { shop: of.product.shop, itemId: itemId ?? of.product.itemId } }),
  );
  const items = await keyedBy(saved, ({ of, card }) => savedKey({ shop: of.product.shop, card }));
  return new Map([...interactions, ...items].map(([key, { id }]) => [id, key]));
}

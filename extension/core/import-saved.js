// @ts-check
import { CarryoverError, UrlError } from "../values/errors.js";
import { admit, begin, cardOf, keep } from "./door.js";
import { randomId } from "./profile-records.js";
import { productOfCard } from "./recommender.js";
import { savedIdsOf, savedIn } from "./saved.js";

/**
 * What a copy lists as saved for later, through the same door as what is saved in the panel.
 * @typedef {import("../generated/contract-types.js").ImportRefusal} Refusal
 * @typedef {import("../generated/contract-types.js").ImportSaved} ImportSaved
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("./door.js").ToldSaved} ToldSaved
 * @typedef {{rule: "copy" | "sync", act: import("./door.js").Act, now: number}} Context
 */

/** An import fills the list up to so many. */
const MAX_SAVED = 1000;

/** @param {ImportSaved} row @returns {Promise<Product | null>} not checked; null where it cannot be one */
async function productOf({ card }) {
  try {
    return await productOfCard(card);
  } catch (error) {
    if (error instanceof UrlError || (error instanceof CarryoverError && error.code === "invalid_item")) return null;
    throw error;
  }
}

/** @param {string} reason of the door @returns {Refusal} */
function refusalOf(reason) {
  if (reason.startsWith("invalid_product")) return "invalid";
  if (reason.startsWith("sensitive_")) return "sensitive";
  return reason === "paused" ? "paused" : "private";
}

/** @param {ImportSaved} row @param {Context} context @returns {Promise<ToldSaved | Refusal>} */
async function checked(row, { rule, act, now }) {
  const at = row.savedAt === undefined ? now : Date.parse(row.savedAt);
  const product = await productOf(row);
  if (!product || Number.isNaN(at)) return "invalid";
  const { admitted, reason } = await admit(product, rule, act);
  if (!admitted) return refusalOf(reason);
  const savedAt = new Date(Math.min(at, now)).toISOString();
  return { id: randomId(), savedAt, of: admitted, card: cardOf(admitted, product) };
}

/** Return what is the same for one saved item of one shop. @param {{shop: string, card: {itemId: string}}} saved @returns {string} */
export const savedKey = ({ shop, card: { itemId } }) => `${itemId} ${shop}`;

/**
 * Admit what a copy lists as saved for later, as far as it is not saved and there is room.
 * @param {ImportSaved[]} rows not trusted @param {Context} context
 * @returns {Promise<{told: ToldSaved[], reasons: Refusal[]}>} for the door; why each of the other rows was refused
 */
export async function admitSaved(rows, context) {
  const { profile } = context.act;
  const known = new Set(savedIn(profile).map(savedKey));
  /** @type {ToldSaved[]} */
  const told = [];
  /** @type {Refusal[]} */
  const reasons = [];
  for (const row of rows) {
    const saved = await checked(row, context);
    if (typeof saved === "string") {
      reasons.push(saved);
      continue;
    }
    const { shop } = saved.of.product;
    const key = savedKey({ shop, card: saved.card });
    if (known.has(key)) reasons.push("already_known");
    else if (known.size >= MAX_SAVED) reasons.push("no_room");
    else {
      known.add(key);
      const { itemId } = saved.card;
      told.push({ ...saved, isStill: () => savedIdsOf(profile, { shop, itemId }).length === 0 });
    }
  }
  return { told, reasons };
}

/**
 * Add what a copy lists as saved for later. What is saved already stays as it is, so the same copy may be added again.
 * @param {ImportSaved[]} rows not trusted
 * @param {{profile: import("./profile.js").Profile, now?: number, act?: import("./door.js").Act}} on `act`: where it began before this call
 * @returns {Promise<{savedIds: string[], reasons: Refusal[]}>} ids of the records; why each of the other rows was refused
 * @throws {CarryoverError} erased, where everything was erased meanwhile
 */
export async function addSaved(rows, { profile, now = profile.today(), act = begin(profile) }) {
  const { told, reasons } = await admitSaved(rows, { rule: "copy", act, now });
  const { ids, reason } = await keep({ saved: told }, act);
  if (reason === "erased") throw new CarryoverError("erased", "Everything was erased meanwhile.");
  // Learning may have been paused while the rows were read.
  if (reason === "paused") reasons.push(...told.map(() => /** @type {const} */ ("paused")));
  return { savedIds: ids, reasons };
}

// @ts-check
import { productSchema } from "../generated/contracts.js";
import { CarryoverError, UrlError } from "../values/errors.js";
import { problemIn } from "../values/json-schema.js";
import { SAID, filterProduct } from "./privacy-filter.js";
import { randomId } from "./profile-records.js";
import { productOfCard } from "./recommender.js";
import { savedIn } from "./saved.js";

/**
 * The door of what a copy lists as saved for later: the same filter as for what is saved in the panel.
 * @typedef {import("../generated/contract-types.js").ImportRefusal} Refusal
 * @typedef {import("../generated/contract-types.js").ImportSaved} ImportSaved
 * @typedef {import("../generated/contract-types.js").SavedItem} SavedItem
 */

/** An import fills the list up to so many. */
const MAX_SAVED = 1000;

/** @param {ImportSaved} row @returns {Promise<import("../generated/contract-types.js").Product | null>} null where it cannot be one */
async function productOf({ card }) {
  const { image, price, regularPrice, availability } = card;
  const told = { images: image ? [image] : undefined, price, regularPrice, availability };
  try {
    const known = Object.entries(told).filter(([, value]) => value !== undefined);
    const product = /** @type {import("../generated/contract-types.js").Product} */ ({
      ...(await productOfCard(card)),
      ...Object.fromEntries(known),
      verdict: "product",
      provenance: { url: "url" },
    });
    return problemIn(productSchema, product) ? null : product;
  } catch (error) {
    if (error instanceof UrlError || (error instanceof CarryoverError && error.code === "invalid_item")) return null;
    throw error;
  }
}

/** @param {ImportSaved} row @param {{now: number, own: import("./privacy-filter.js").Context["own"]}} context @returns {Promise<SavedItem | Refusal>} */
async function checked(row, { now, own }) {
  const at = row.savedAt === undefined ? now : Date.parse(row.savedAt);
  const product = await productOf(row);
  if (!product || Number.isNaN(at)) return "invalid";
  const decision = await filterProduct(product, { ...SAID, own });
  if (!decision.allowed) return decision.reason.startsWith("sensitive_") ? "sensitive" : "private";
  const { shop, images, ...kept } = decision.product;
  const { regularPrice, availability } = product;
  const card = {
    ...kept,
    title: kept.title ?? "",
    ...(images && { image: images[0] }),
    ...(regularPrice && { regularPrice }),
    ...(availability && { availability }),
  };
  return { id: randomId(), savedAt: new Date(Math.min(at, now)).toISOString(), shop, card };
}

/** @param {SavedItem} saved @returns {string} the same for one item of one shop */
const keyOf = ({ shop, card: { itemId } }) => `${itemId} ${shop}`;

/**
 * Add what a copy lists as saved for later. What is saved already stays as it is.
 * @param {ImportSaved[]} rows not trusted
 * @param {{profile: import("./saved.js").Records, own?: import("./privacy-filter.js").Context["own"], now?: number}} on
 * @returns {Promise<{savedIds: string[], reasons: Refusal[]}>} ids of the records; why each of the other rows was refused
 */
export async function addSaved(rows, { profile, own, now = Date.now() }) {
  const present = savedIn(profile);
  const known = new Set(present.map(keyOf));
  /** @type {SavedItem[]} */
  const added = [];
  /** @type {Refusal[]} */
  const reasons = [];
  for (const row of rows) {
    const saved = await checked(row, { now, own });
    if (typeof saved === "string") reasons.push(saved);
    else if (known.has(keyOf(saved))) reasons.push("already_known");
    else if (known.size >= MAX_SAVED) reasons.push("no_room");
    else {
      known.add(keyOf(saved));
      added.push(saved);
    }
  }
  await profile.changeOthers(added.map((value) => ({ kind: "saved", id: value.id, value })));
  return { savedIds: added.map(({ id }) => id), reasons };
}

// @ts-check
import { productSchema } from "../generated/contracts.js";
import { CarryoverError } from "../values/errors.js";
import { problemIn } from "../values/json-schema.js";
import { filterProduct } from "./privacy-filter.js";

/**
 * The door: the only way into the profile for what is told of products. What comes in was admitted first, by the privacy filter and by the rule
 * of its act, and is checked by that rule once more when the profile writes it. docs/what-is-learned.md has the rules in words.
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {import("../generated/contract-types.js").Product} Product
 * @typedef {import("../generated/contract-types.js").Removal} Removal
 * @typedef {import("../generated/contract-types.js").SavedItem} SavedItem
 * @typedef {import("./profile.js").Interaction} Interaction
 * @typedef {import("./profile.js").Profile} Profile
 * @typedef {import("./told.js").Happened} Happened
 * @typedef {{profile: Profile, id: string, isPrivate: boolean}} Act from its beginning on: an act that is older than an erase has a profile that
 *   takes nothing more
 * @typedef {{rule: RuleName, product: KeptProduct}} Admitted a product that may be kept by an act; only `admit` makes one
 * @typedef {Omit<Happened, "product"> & {of: Admitted, itemId?: string, isStill?: () => boolean}} ToldNow `itemId`: where a list knows the product by
 *   another than its kept address gives; `isStill`: whether what it adds to is still there
 * @typedef {Omit<Interaction, "id" | "product"> & {of: Admitted, id?: string, itemId?: string, isStill?: () => boolean}} ToldPast
 * @typedef {Omit<SavedItem, "shop"> & {of: Admitted, isStill?: () => boolean}} ToldSaved
 * @typedef {import("./told.js").Revised & {of: Admitted, isStill?: () => boolean}} ToldAgain
 * @typedef {import("./told.js").Told} Allowed
 * @typedef {{now?: ToldNow[], past?: ToldPast[], saved?: ToldSaved[], again?: ToldAgain[], room?: () => number, rest?: (allowed: Allowed) => import("./told.js").Rest}} Told
 *   `again`: what is kept already and happened again elsewhere; `room`: how many of `past` are kept; `rest`: what is changed with what is allowed
 */

/**
 * What each kind of act needs. `consent`: "shop" is the consent for the shop; "act" says that the act itself is the shopper's word about this
 * one thing. `paused`: whether it is kept while learning is paused. In a private window, and after an erase, nothing is.
 * @type {{[name in RuleName]: {consent: "shop" | "act", paused: "refused" | "kept"}}}
 * @typedef {"look" | "stay" | "click" | "dismiss" | "save" | "wish" | "pick" | "listed" | "file" | "copy" | "sync" | "undo"} RuleName
 */
export const RULES = Object.freeze({
  look: { consent: "shop", paused: "refused" },
  stay: { consent: "shop", paused: "refused" },
  click: { consent: "shop", paused: "refused" },
  dismiss: { consent: "act", paused: "refused" },
  save: { consent: "act", paused: "refused" },
  wish: { consent: "shop", paused: "refused" },
  pick: { consent: "act", paused: "refused" },
  listed: { consent: "shop", paused: "refused" },
  file: { consent: "act", paused: "refused" },
  copy: { consent: "act", paused: "refused" },
  sync: { consent: "act", paused: "refused" },
  undo: { consent: "act", paused: "kept" },
});

/** @type {WeakSet<Admitted>} */
const admissions = new WeakSet();

/**
 * Begin an act of the shopper: before anything is waited for.
 * @param {Profile} profile @param {{actId?: string, isPrivate?: boolean}} [how] `isPrivate`: in a private window
 * @returns {Act}
 */
export const begin = (profile, { actId = "", isPrivate = false } = {}) => ({ profile, id: actId, isPrivate });

/** @param {RuleName} rule @param {Act} act @returns {import("./privacy-filter.js").Context} of the filter */
function contextOf(rule, { profile, isPrivate }) {
  const { consent, paused } = RULES[rule];
  return {
    incognito: isPrivate,
    paused: paused === "refused" && profile.settings.paused,
    isConsented: (shop) => consent === "act" || profile.isConsented(shop),
    own: profile.settings.filter,
  };
}

/** @param {Admitted} admitted @param {Act} act @returns {string | null} why it may not be kept now */
function refusalOf({ rule, product }, act) {
  const { incognito, paused, isConsented } = contextOf(rule, act);
  if (incognito) return "incognito";
  if (paused) return "paused";
  return isConsented(product.shop) ? null : "no_consent";
}

/**
 * Admit a product.
 * @param {unknown} product not trusted @param {RuleName} rule @param {Act} act
 * @returns {Promise<{admitted: Admitted, reason?: undefined} | {admitted?: undefined, reason: string}>} the product without what is never kept, or why
 *   nothing of it is
 */
export async function admit(product, rule, act) {
  const problem = problemIn(productSchema, product);
  if (problem) return { reason: `invalid_product${problem}` };
  const read = /** @type {Product} */ (product);
  if (read.verdict !== "product") return { reason: read.verdict };
  const decision = await filterProduct(read, contextOf(rule, act));
  if (!decision.allowed) return { reason: decision.reason };
  const admitted = Object.freeze({ rule, product: decision.product });
  admissions.add(admitted);
  return { admitted };
}

/** Admit a product that the profile or a copy of it holds. @param {KeptProduct} product @param {RuleName} rule @param {Act} act */
export const admitKept = (product, rule, act) =>
  admit({ ...product, verdict: "product", provenance: { url: "url" } }, rule, act);

/** @template {{of: Admitted, isStill?: () => boolean}} T @param {T[]} list @param {Act} act @returns {T[]} what may be kept now */
function allowedOf(list, act) {
  for (const { of } of list) if (!admissions.has(of)) throw new TypeError("Expected a product that was admitted.");
  return list.filter(({ of, isStill }) => refusalOf(of, act) === null && isStill?.() !== false);
}

/** @param {Told} told @param {Act} act @returns {Allowed} what of it may be kept now */
function toldNow({ now = [], past = [], saved = [], again = [], room, rest }, act) {
  const allowed = {
    happened: allowedOf(now, act).map(({ of, itemId = of.product.itemId, isStill, ...one }) => ({
      ...one,
      product: { ...of.product, itemId },
    })),
    past: allowedOf(past, act)
      .slice(0, room?.())
      .map(({ of, itemId = of.product.itemId, isStill, ...one }) => ({ ...one, product: { ...of.product, itemId } })),
    saved: allowedOf(saved, act).map(({ of, isStill, ...one }) => ({ ...one, shop: of.product.shop })),
    revised: allowedOf(again, act).map(({ of, isStill, ...one }) => one),
  };
  return { ...allowed, ...(rest && { rest: rest(allowed) }) };
}

/**
 * Keep what was admitted, in one transaction, or none of it. The answer comes when it is on the disk.
 * @param {Told} told @param {Act} act
 * @returns {Promise<{stored: boolean, reason?: string, ids: string[]}>} the ids of the records: none where the act was kept before
 */
export async function keep(told, act) {
  try {
    const ids = await act.profile.keep(() => toldNow(told, act), act.id);
    if (ids.length > 0) return { stored: true, ids };
    const all = [...(told.now ?? []), ...(told.past ?? []), ...(told.saved ?? []), ...(told.again ?? [])];
    const reason = all.map(({ of }) => refusalOf(of, act)).find((one) => one !== null);
    return { stored: false, reason: reason ?? "not_counted", ids };
  } catch (error) {
    if (!(error instanceof CarryoverError)) throw error;
    if (error.code === "done") return { stored: true, ids: [] };
    if (error.code === "erased") return { stored: false, reason: "erased", ids: [] };
    throw error;
  }
}

/**
 * Put back what the shopper removed. Everything is checked anew: the page that hands it over may be older than a rule.
 * @param {Removal} removal @param {Act} act
 * @returns {Promise<boolean>} false where the profile was erased since: nothing comes back
 */
export async function putBack(removal, act) {
  const interactions = [];
  for (const one of removal.interactions) {
    const { admitted } = await admitKept(one.product, "undo", act);
    if (admitted) interactions.push({ ...one, product: { ...admitted.product, itemId: one.product.itemId } });
  }
  const saved = [];
  for (const one of removal.saved ?? []) {
    const { admitted } = await admit(productOfSaved(one), "undo", act);
    if (admitted) saved.push({ ...one, card: cardOf(admitted, one.card) });
  }
  try {
    return await act.profile.restore({ ...removal, interactions, saved }, act.id);
  } catch (error) {
    if (error instanceof CarryoverError && error.code === "erased") return false;
    throw error;
  }
}

/** @param {SavedItem} saved @returns {object} a product, not checked */
const productOfSaved = ({ shop, card: { image, ...card } }) => ({
  ...card,
  shop,
  ...(image && { images: [image] }),
  verdict: "product",
  provenance: { url: "url" },
});

/**
 * Return the card of an admitted product, as it is saved for later.
 * @param {Admitted} admitted @param {Pick<import("../generated/contract-types.js").Card, "regularPrice" | "availability">} source what the schema has checked
 * @returns {import("../generated/contract-types.js").Card}
 */
export function cardOf({ product: { shop, images, ...kept } }, { regularPrice, availability }) {
  return {
    ...kept,
    title: kept.title ?? "",
    ...(images && { image: images[0] }),
    ...(regularPrice && { regularPrice }),
    ...(availability && { availability }),
  };
}

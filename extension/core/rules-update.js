// @ts-check
// What was kept before the filter learned to recognise it: looked at again once after an update of its rules, removed, and counted by reason.
import { rulesVersion } from "../generated/privacy-words.js";
import { countedReason, listed } from "./dropped.js";
import { filterProduct } from "./privacy-filter.js";
import { savedIn } from "./saved.js";

/**
 * @typedef {import("./profile.js").Profile} Profile
 * @typedef {import("../generated/contract-types.js").KeptProduct} KeptProduct
 * @typedef {{version: string, removed: Record<string, number>}} Applied the rules that were applied to what is kept last, and what they ever removed
 */

const KIND = "filter_rules";
/** SHA-256("carryover record filter_rules"), cut to the form of a record's id. */
export const RULES_ID = "c658d592bd764df35d953a32bfda801c";

/** @param {Pick<Profile, "others">} profile @returns {Applied | undefined} */
const appliedIn = (profile) => /** @type {Applied[]} */ (profile.others(KIND))[0];

/** @param {Pick<Profile, "others">} profile @returns {import("./dropped.js").DroppedCount[]} what was removed, the most frequent reason first */
export const removedIn = (profile) => listed(appliedIn(profile)?.removed ?? {});

/** @param {KeptProduct} product @param {import("./privacy-filter.js").Context["own"]} own @returns {Promise<string | null>} why it would not be kept today */
async function reasonOf(product, own) {
  // By the filter alone: what is there needs no further consent, and a pause is for what is new.
  const context = { incognito: false, paused: false, isConsented: () => true, own };
  const decision = await filterProduct({ ...product, verdict: "product", provenance: {} }, context);
  return decision.allowed ? null : countedReason(decision.reason);
}

/**
 * Remove what the filter would not keep today, where its rules have changed since they were applied last. The removal, its counts and the
 * version of the rules are one transaction: a worker that is stopped has done all of it or nothing.
 * @param {Profile} profile before anybody else has it
 * @returns {Promise<void>}
 */
export async function applyNewRules(profile) {
  const before = appliedIn(profile);
  const [interactions, saved] = [profile.interactions(), savedIn(profile)];
  // A profile that holds nothing is not created by looking at it.
  if (before?.version === rulesVersion || interactions.length + saved.length === 0) return;
  const { filter: own } = profile.settings;
  /** @type {Map<string, string>} by id of the record */
  const reasons = new Map();
  const ofCards = saved.map(({ shop, card, ...record }) => ({ id: record.id, product: { ...card, shop } }));
  for (const { id, product } of [...interactions, ...ofCards]) {
    const reason = await reasonOf(product, own);
    if (reason) reasons.set(id, reason);
  }
  const removed = { ...before?.removed };
  for (const reason of reasons.values()) removed[reason] = (removed[reason] ?? 0) + 1;
  const entry = { kind: KIND, id: RULES_ID, value: { version: rulesVersion, removed } };
  const savedIds = saved.map((one) => one.id).filter((id) => reasons.has(id));
  await profile.removeInteractions(({ id }) => reasons.has(id), savedIds, "", [entry]);
}

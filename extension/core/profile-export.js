// @ts-check
import { packListOf, reportsOf } from "./profile-records.js";
import { savedIn } from "./saved.js";

/**
 * Return everything that a profile keeps, readable.
 * @param {import("./profile.js").Profile} profile @param {number} now milliseconds since 1970
 * @returns {import("../generated/contract-types.js").ProfileExport}
 */
export function exportOf(profile, now) {
  const [saved, shelves] = [savedIn(profile), profile.shelves()];
  return {
    format: 1,
    exportedAt: new Date(now).toISOString(),
    settings: profile.settings,
    interactions: profile.interactions(),
    ledger: profile.ledger(),
    ...(profile.shopMeans && { shopMeans: profile.shopMeans }),
    ...(saved.length > 0 && { saved }),
    ...packListOf(profile.others("pack_list")),
    ...reportsOf(profile.others("interest_reports")),
    ...(shelves.length > 0 && { shelves }),
  };
}

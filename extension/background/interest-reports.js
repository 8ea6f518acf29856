// @ts-check
import { EPSILON, drawReport } from "../core/randomised-response.js";

/**
 * Reports of interest clusters, and the budget that they take. A report is drawn, kept, and only then told. It is told again for a month, to
 * whoever asks and whatever the taste is by then: repeating it tells nothing more, and when it is drawn anew depends on time alone. So all
 * that servers learn in a year is bounded by the sum of the epsilons of the fresh reports. At most one a day is drawn, and none once the
 * year's budget is spent: then the latest report is told again. All are of one set of clusters: however many reports of one set an attacker
 * has, they tell the cluster at most, and a sixteenth of all people share it. Two sets tell where they overlap.
 * @typedef {import("../generated/contract-types.js").KeptReport} KeptReport
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {ReturnType<typeof createReports>} Reports
 */

/** Kind of the profile's record, and its id as docs/envelope.md derives it. */
const KIND = "interest_reports";
const ID = "fe927c024847e87e625feda8086fd56a";
const DAY_MS = 24 * 60 * 60_000;
/** How long a report of the same clusters is told again. */
export const KEPT_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;
/** What the fresh reports of a year may take together. */
export const MOST_EPSILON = 16;

/** @param {Profile} profile @returns {KeptReport[]} of the last year, oldest first */
function reportsIn(profile) {
  const [kept] = /** @type {import("../generated/contract-types.js").KeptReports[]} */ (profile.others(KIND));
  return (kept?.reports ?? []).filter(({ at }) => profile.today() - Date.parse(at) < YEAR_MS);
}

/** @param {KeptReport[]} reports @param {string} of @param {number} now @returns {boolean} whether a fresh one of these clusters may be drawn today */
function isAllowed(reports, of, now) {
  if (reports.some((one) => one.of !== of)) return false;
  const latest = reports.at(-1);
  return (!latest || now - Date.parse(latest.at) >= DAY_MS) && (reports.length + 1) * EPSILON <= MOST_EPSILON;
}

/**
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {(cluster: number, count: number) => number} [parts.draw]
 */
export function createReports({ getProfile, draw = drawReport }) {
  return {
    /** Return the epsilon that the fresh reports of the last year took, and the most that they may. @returns {Promise<{spent: number, most: number}>} */
    async budget() {
      return { spent: reportsIn(await getProfile()).length * EPSILON, most: MOST_EPSILON };
    },

    /**
     * Return the cluster to report.
     * @param {number} cluster the true one @param {import("../core/interest-clusters.js").Clusters} clusters
     * @returns {Promise<number | null>} null where these clusters have no report, and no fresh one may be drawn
     */
    async reportOf(cluster, { sha256, centroids }) {
      const profile = await getProfile();
      /** @type {number | null} */
      let told = null;
      // Worked out when the change has its turn: two panels at once draw one report.
      await profile.changeOthers(() => {
        const [reports, now] = [reportsIn(profile), profile.today()];
        const latest = reports.findLast(({ of }) => of === sha256);
        told = latest?.reported ?? null;
        if ((latest && now - Date.parse(latest.at) < KEPT_MS) || !isAllowed(reports, sha256, now)) return [];
        told = draw(cluster, centroids.length);
        const fresh = { of: sha256, reported: told, at: new Date(now).toISOString() };
        return [{ kind: KIND, id: ID, value: { reports: [...reports, fresh] } }];
      });
      return told;
    },
  };
}

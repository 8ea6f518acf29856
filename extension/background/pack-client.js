// @ts-check
import { serverPatternOf } from "../messaging/origins.js";
import { PackError } from "../values/errors.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {ReturnType<typeof createPackClient>} PackClient
 */

const OK = 200;

/**
 * Return a function that downloads a public file of a published catalogue, whole.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {ReturnType<typeof import("./public-fetch.js").createPublicFetch>} parts.publicFetch
 * @returns {(url: string, mostBytes: number) => Promise<Bytes>}
 *   @throws {PackError} pack_not_allowed or pack_unreachable
 */
export function createPackClient({ browser, publicFetch }) {
  return async (url, mostBytes) => {
    if (!(await browser.permissions.contains({ origins: [serverPatternOf(url)] })))
      throw new PackError(
        "pack_not_allowed",
        "The browser does not let Carryover read the catalogues from others: save their address in the options once more.",
      );
    const answer = await publicFetch(url, { purpose: "pack", mostBytes });
    if (answer?.status === OK) return answer.body;
    throw new PackError("pack_unreachable", `The published catalogues could not be had: no such file as ${url}.`);
  };
}

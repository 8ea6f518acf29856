// @ts-check
import { boundedBody } from "../core/bounded-body.js";

/**
 * @typedef {import("../values/encoding.js").Bytes} Bytes
 * @typedef {{status: number, headers: Record<string, string>, body: Bytes}} PublicAnswer names of headers are in lower case
 */

const TIMEOUT_MS = 20_000;

/**
 * Return a function that reads a public address as any visitor's browser does: without cookies, referrer or anything of the profile.
 * Each request is written to the ledger before it is sent.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {typeof fetch} [parts.fetch]
 * @returns {(url: string, options: {purpose: "catalogue" | "pack" | "shared", mostBytes: number, etag?: string, signal?: AbortSignal, json?: object}) => Promise<PublicAnswer | null>}
 *   with `json` a POST of it,
 *   null where nobody answers, a redirect does, the body is larger than `mostBytes`, or the signal was aborted
 */
export function createPublicFetch({ getProfile, fetch: send = (...args) => fetch(...args) }) {
  return async (url, { purpose, mostBytes, etag, signal, json }) => {
    const profile = await getProfile();
    const method = json ? "POST" : "GET";
    const body = json ? JSON.stringify(json) : "";
    await profile.addToLedger({ method, url, body, purpose });
    try {
      const response = await send(url, {
        ...(json && { method, body }),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
        // The browser would have asked the target, which may be another site, before anybody could look at it.
        redirect: "manual",
        headers: { ...(etag && { "If-None-Match": etag }), ...(json && { "Content-Type": "application/json" }) },
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
      });
      if (response.type === "opaqueredirect") return null;
      const content = await boundedBody(response, mostBytes);
      return content && { status: response.status, headers: Object.fromEntries(response.headers), body: content };
    } catch (error) {
      if (error instanceof TypeError || error instanceof DOMException) return null;
      throw error;
    }
  };
}

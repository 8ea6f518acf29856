// @ts-check

/**
 * @typedef {import("../shelf/reading.js").Answer} Answer
 */

const TIMEOUT_MS = 20_000;
/** A page of 250 products with long descriptions has 2 MB; nothing that is larger is read. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** @param {Response} response @returns {Promise<string | null>} null where the body is larger than any that is read */
async function bodyOf(response) {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > MAX_BODY_BYTES) {
      await reader?.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Return a function that asks a shop for a public page as any visitor's browser does: without cookies, referrer or anything of the
 * profile. Each request is written to the ledger before it is sent.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {typeof fetch} [parts.fetch]
 * @returns {(url: string, etag?: string) => Promise<Answer | null>} null where nobody answers, or a redirect does
 */
export function createShopClient({ getProfile, fetch: send = (...args) => fetch(...args) }) {
  return async (url, etag) => {
    const profile = await getProfile();
    await profile.addToLedger({ method: "GET", url, body: "" });
    try {
      const response = await send(url, {
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
        // The browser would have asked the target, which may be another site, before anybody could look at it.
        redirect: "manual",
        headers: etag ? { "If-None-Match": etag } : {},
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.type === "opaqueredirect") return null;
      const body = await bodyOf(response);
      return body === null ? null : { status: response.status, headers: Object.fromEntries(response.headers), body };
    } catch (error) {
      if (error instanceof TypeError || error instanceof DOMException) return null;
      throw error;
    }
  };
}

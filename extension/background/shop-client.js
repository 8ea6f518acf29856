// @ts-check

/**
 * @typedef {import("../shelf/reading.js").Answer} Answer
 */

/** A page of 250 products with long descriptions has 2 MB; nothing that is larger is read. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Return a function that asks a shop for a public page, as text.
 * @param {{publicFetch: ReturnType<typeof import("./public-fetch.js").createPublicFetch>}} parts
 * @returns {(url: string, etag?: string, signal?: AbortSignal) => Promise<Answer | null>} null where nobody answers, a redirect does, or the
 *   signal was aborted
 */
export function createShopClient({ publicFetch }) {
  return async (url, etag, signal) => {
    const answer = await publicFetch(url, {
      purpose: "catalogue",
      mostBytes: MAX_BODY_BYTES,
      ...(etag && { etag }),
      ...(signal && { signal }),
    });
    return answer && { ...answer, body: new TextDecoder().decode(answer.body) };
  };
}

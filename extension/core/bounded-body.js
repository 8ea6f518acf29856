// @ts-check

/**
 * Return the body of a response, which is never held beyond a limit. The length header is not trusted.
 * @param {Response} response
 * @param {number} limit bytes
 * @returns {Promise<import("../values/encoding.js").Bytes | null>} null where the body is longer
 */
export async function boundedBody(response, limit) {
  const reader = response.body?.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader?.cancel();
      return null;
    }
    chunks.push(value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

// @ts-check
// The server's routes of copies, in memory (docs/sync.md). It can also do what a server must not: roll back, and swap.
import { sha256Hex } from "../../../extension/values/encoding.js";

/** @typedef {import("../../../extension/values/encoding.js").Bytes} Bytes */

const problem = (/** @type {number} */ status, /** @type {string} */ code) =>
  Response.json(
    { code, detail: "As the server says it." },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );

export function createSyncStore() {
  /** By space, the oldest first. @type {Map<string, {number: number, etag: string, envelope: Bytes}[]>} */
  const spaces = new Map();
  const store = {
    spaces,
    /** Called before a write, as another browser would come in between. @type {() => Promise<void>} */
    beforeWrite: async () => {},

    /** @param {string} method @param {string} path @param {Record<string, string>} headers @param {Bytes} body @returns {Promise<Response | null>} null for another path */
    async answer(method, path, headers, body) {
      const [, space, versions, number] = /^\/v1\/sync\/([0-9a-f]{32})(\/versions)?(?:\/(\d+))?$/.exec(path) ?? [];
      if (!space) return null;
      const kept = spaces.get(space) ?? [];
      if (method === "DELETE") {
        spaces.delete(space);
        return new Response(null, { status: 204 });
      }
      if (method === "PUT") return write(space, headers, body);
      if (versions && !number)
        return Response.json({
          versions: kept
            .map((one) => ({ version: one.number, bytes: one.envelope.length, savedAt: "2026-03-01T12:00:00Z" }))
            .reverse(),
        });
      const found = number ? kept.find((one) => one.number === Number(number)) : kept.at(-1);
      if (!found) return problem(404, "no_copy");
      return new Response(found.envelope, {
        headers: { ETag: found.etag, "Content-Type": "application/octet-stream" },
      });
    },
  };

  /** @param {string} space @param {Record<string, string>} headers @param {Bytes} body */
  async function write(space, headers, body) {
    const hook = store.beforeWrite;
    store.beforeWrite = async () => {};
    await hook();
    const kept = spaces.get(space) ?? [];
    const isFirst = headers["If-None-Match"] === "*" && kept.length === 0;
    if (!isFirst && headers["If-Match"] !== kept.at(-1)?.etag) return problem(412, "changed");
    const etag = `"${(await sha256Hex(body)).slice(0, 32)}"`;
    spaces.set(space, [...kept, { number: kept.length + 1, etag, envelope: body }]);
    return new Response(null, { status: 204, headers: { ETag: etag } });
  }
  return store;
}

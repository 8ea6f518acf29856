// @ts-check
import { FILES, manifestOf, sha256 } from "./bundle.js";
import { createChannelSide } from "./channel.js";
import { createSyncStore } from "./sync-store.js";

/** @typedef {{method: string, path: string, body: any}} SentRequest as it is inside the channel */

/**
 * A Carryover server behind `fetch`, with the answers of the HTTP contract.
 * @param {object} [options]
 * @param {string[]} [options.shops] it knows
 * @param {Record<string, any>} [options.manifest] of the bundle it offers
 * @param {Record<string, Buffer>} [options.files] of the bundle
 * @param {string} [options.id] of the bundle, where it is not the manifest's hash
 * @param {any[]} [options.items] it recommends
 */
export function createServer({ shops = [], manifest = manifestOf(), files = FILES, id, items = [] } = {}) {
  const sync = createSyncStore();
  const server = {
    /** @type {SentRequest[]} */
    requests: [],
    isUp: true,
    /** Of an experiment that runs. */
    arm: "",
    shops,
    manifest,
    items,
    /** The next recommendation is refused with this problem. @type {{status: number, code: string, detail: string} | undefined} */
    problem: undefined,
    /** Called before an answer inside the channel, which it may hold back. @type {(path: string) => Promise<void>} */
    waits: async () => {},
    /** What browsers keep here for each other. */
    sync,
    /** Pairing and channel. */
    trust: createChannelSide(async (method, path, headers, body) => {
      await server.waits(path);
      const copy = await sync.answer(method, path, headers, body);
      if (copy) return copy;
      const text = new TextDecoder().decode(body);
      server.requests.push({ method, path, body: text ? JSON.parse(text) : undefined });
      return answer(path);
    }),
    /** @param {any} url @param {RequestInit} [init] @returns {Promise<Response>} */
    async fetch(url, { method = "GET", body } = {}) {
      const { pathname } = new URL(String(url));
      if (!server.isUp) throw new TypeError("Failed to fetch");
      const taken = body instanceof Uint8Array ? await server.trust.take(pathname, new Uint8Array(body)) : null;
      if (taken) return taken;
      // In the open, which the extension never does.
      server.requests.push({ method: `open ${method}`, path: pathname, body });
      return answer(pathname);
    },
  };

  /** @param {string} path @returns {Response} */
  function answer(path) {
    const bytes = Buffer.from(JSON.stringify(server.manifest));
    const bundleId = id ?? sha256(bytes);
    const { space } = server.manifest;
    if (path === "/v1/shops") return Response.json({ shops: server.shops.map((shop) => ({ shop, items: 1 })) });
    if (path === "/v1/bundles") return Response.json({ bundles: [{ bundleId, name: "tiny", dim: 8, space }] });
    if (path === "/v1/recommendations" && server.problem) {
      const { status, ...problem } = server.problem;
      server.problem = undefined;
      return Response.json(problem, { status, headers: { "Content-Type": "application/problem+json" } });
    }
    if (path === "/v1/recommendations") {
      return Response.json({ items: server.items, space, ...(server.arm && { arm: server.arm }) });
    }
    if (path === "/v1/events") return new Response(null, { status: 204 });
    const name = path.split(`/v1/bundles/${bundleId}/`)[1];
    if (name === "manifest.json") return new Response(bytes);
    if (name in files) return new Response(new Uint8Array(files[name]));
    return Response.json(
      { code: "not_found", detail: "The manifest names no such file." },
      { status: 404, headers: { "Content-Type": "application/problem+json" } },
    );
  }
  return server;
}

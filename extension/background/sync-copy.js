// @ts-check
import { openedEnvelope, nextEnvelope } from "../core/transfer/sync-envelope.js";
import { readExport } from "../imports/own-file.js";
import { CarryoverError, EnvelopeError, ServerError } from "../values/errors.js";

/**
 * @typedef {import("../core/transfer/merge.js").Side} Side
 * @typedef {import("../core/transfer/sync-envelope.js").Known} Known
 * @typedef {import("../core/transfer/sync-envelope.js").SyncKeys} SyncKeys
 * @typedef {{etag: string | null, known: Known | null, side: Side}} Copy `etag` null where there is none
 */

const NO_COPY = 404;
const CHANGED = 412;

/** @param {Response} response @returns {Promise<never>} */
async function refused(response) {
  const { code, detail } = await response.json().catch(() => ({}));
  throw new ServerError(code ?? "server_error", detail ?? `The server answered ${response.status}.`);
}

/** Open an envelope of the server's. @param {Parameters<typeof openedEnvelope>} asked @throws {CarryoverError} sync_unreadable where it is of another code or changed; sync_older */
async function opened(...asked) {
  try {
    return await openedEnvelope(...asked);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    throw new CarryoverError("sync_unreadable", "The copy on the server does not open with this code.", {
      cause: error,
    });
  }
}

/** @param {string} text of an envelope @returns {Side} checked by the schema of a copy */
function sideIn(text) {
  readExport(text);
  const { interactions, saved = [] } = JSON.parse(text);
  return { interactions, saved };
}

/**
 * The copy on the paired server.
 * @param {{getServer: () => Promise<import("../core/server-client.js").ServerClient>}} parts
 */
export function createCopy({ getServer }) {
  /** @param {string} path below all spaces @param {Partial<import("../core/channel/channel.js").Asked>} [more] @returns {Promise<Response>} */
  async function ask(path, { method = "GET", ...more } = {}) {
    return (await getServer()).ask({ method, path: `/v1/sync/${path}`, ...more });
  }

  return {
    /**
     * Read the newest envelope.
     * @param {SyncKeys} secret @param {Known | null} known what this browser remembers
     * @returns {Promise<Copy>} @throws {CarryoverError} sync_gone, sync_older, sync_unreadable
     */
    async read(secret, known) {
      const response = await ask(secret.space);
      if (response.status === NO_COPY) {
        if (known) throw new CarryoverError("sync_gone", "The copy on the server is gone. Start the sync anew.");
        return { etag: null, known: null, side: { interactions: [], saved: [] } };
      }
      if (!response.ok) return refused(response);
      const envelope = new Uint8Array(await response.arrayBuffer());
      const { text, version, hash } = await opened(secret, envelope, known);
      return { etag: response.headers.get("etag"), known: { version, hash }, side: sideIn(text) };
    },

    /**
     * Write the next envelope in place of the one that was read.
     * @param {SyncKeys} secret @param {Side} whole @param {Copy} copy @param {string} time ISO 8601
     * @returns {Promise<Known | null>} null where somebody else wrote since
     */
    async write(secret, whole, copy, time) {
      const text = JSON.stringify({ format: 1, exportedAt: time, ...whole });
      const envelope = await nextEnvelope(secret, text, copy.known);
      /** @type {Record<string, string>} */
      const headers = { "Content-Type": "application/octet-stream" };
      if (copy.etag === null) headers["If-None-Match"] = "*";
      else headers["If-Match"] = copy.etag;
      const response = await ask(secret.space, { method: "PUT", body: envelope, headers });
      if (response.status === CHANGED) return null;
      if (!response.ok) return refused(response);
      const { version, hash } = await openedEnvelope(secret, envelope, null);
      return { version, hash };
    },

    /** @param {SyncKeys} secret @returns {Promise<import("../generated/contract-types.js").SyncVersion[]>} what is kept, the newest first */
    async versions(secret) {
      const response = await ask(`${secret.space}/versions`);
      return response.ok ? (await response.json()).versions : refused(response);
    },

    /** @param {SyncKeys} secret @param {number} version @returns {Promise<Side>} */
    async earlier(secret, version) {
      const response = await ask(`${secret.space}/versions/${version}`);
      if (!response.ok) return refused(response);
      return sideIn((await opened(secret, new Uint8Array(await response.arrayBuffer()), null)).text);
    },

    /** Delete all that the space holds. @param {SyncKeys} secret */
    async delete(secret) {
      const response = await ask(secret.space, { method: "DELETE" });
      if (!response.ok) await refused(response);
    },
  };
}

// @ts-check
import { userByRule } from "../core/user-rule.js";
import { unwrap } from "../messaging/messages.js";
import { decodeEmbedding } from "../values/encoding.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../core/towers.js").Towers} Towers
 * @typedef {import("../offscreen/handlers.js").TowersHandlers} TowersHandlers
 * @typedef {import("../messaging/messages.js").MessageType} MessageType
 */
/**
 * @template {MessageType} M
 * @typedef {import("../messaging/messages.js").MessageOf<M>} MessageOf
 */
/**
 * @template {MessageType} M
 * @typedef {import("../messaging/messages.js").ReplyTo<M>} ReplyTo
 */
/** @typedef {<M extends keyof TowersHandlers>(message: MessageOf<M>) => Promise<ReplyTo<M>>} Ask */

const OFFSCREEN = "offscreen/offscreen.html";

/**
 * Return a function that sends a message to the towers' zone and returns its answer. In Chromium the zone is the offscreen
 * document, which is opened first. Firefox has no such documents: its background is a page and runs the handlers itself.
 * @param {object} parts
 * @param {typeof chrome} parts.browser the browser's extension APIs
 * @param {() => Promise<TowersHandlers>} parts.loadHandlers called once, and in Firefox only
 * @returns {Ask}
 */
export function createTowersAsk({ browser, loadHandlers }) {
  /** @type {Promise<void> | undefined} */
  let opening;
  /** @type {Promise<TowersHandlers> | undefined} */
  let handlers;

  async function openOffscreen() {
    const contexts = await browser.runtime.getContexts({
      contextTypes: [browser.runtime.ContextType.OFFSCREEN_DOCUMENT],
    });
    if (contexts.length > 0) return;
    await browser.offscreen.createDocument({
      url: OFFSCREEN,
      reasons: [browser.offscreen.Reason.WORKERS],
      justification:
        "Parses pages and runs the recommendation models; a service worker has no DOM and stops after 30 seconds.",
    });
  }

  return async (message) => {
    if (!browser.offscreen) {
      handlers ??= loadHandlers();
      const { type, ...fields } = message;
      const handler = /** @type {(fields: object) => Promise<ReplyTo<typeof type>>} */ ((await handlers)[type]);
      return handler(fields);
    }
    // One opening for all callers: the document is listed before its scripts listen, and a message in between is lost.
    opening ??= openOffscreen().finally(() => {
      opening = undefined;
    });
    await opening;
    return /** @type {ReplyTo<typeof message.type>} */ (unwrap(await browser.runtime.sendMessage(message)));
  };
}

/**
 * Towers that run in the towers' zone, behind the interface of core/towers.js. A user tower that is a rule runs here: a list out of a kept
 * catalogue then waits for no document, and no history is copied. Its bundle has proven itself where the history was embedded.
 * @param {object} parts
 * @param {Ask} parts.ask
 * @param {string} parts.bundleUrl
 * @param {import("../core/bundle.js").Manifest} parts.manifest
 * @param {() => void} parts.onDamaged called when the downloaded bundle turns out to be missing or altered
 * @returns {Towers}
 */
export function createTowersClient({ ask, bundleUrl, manifest, onDamaged }) {
  /** @type {Ask} */
  async function asked(message) {
    try {
      return await ask(message);
    } catch (error) {
      if (error instanceof CarryoverError && error.code.startsWith("bundle_")) onDamaged();
      throw error;
    }
  }
  /** @type {Towers["embedUser"]} */
  async function byNetwork({ items, ...history }) {
    const rows = items.map((item) => Array.from(item));
    const { embedding } = await asked({ type: "towers.embedUser", bundleUrl, items: rows, ...history });
    return Float32Array.from(embedding);
  }
  return {
    async embedItems(texts) {
      const { embeddings } = await asked({ type: "towers.embedItems", bundleUrl, texts });
      return embeddings.map(decodeEmbedding);
    },
    async embedSeen(text, image) {
      const { embedding } = await asked({ type: "towers.embedSeen", bundleUrl, text, image });
      return Float32Array.from(embedding);
    },
    embedUser: userByRule(manifest) ?? byNetwork,
  };
}

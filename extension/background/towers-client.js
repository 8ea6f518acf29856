// @ts-check
import { CarryoverError } from "../values/errors.js";
import { unwrap } from "../messaging/messages.js";

/** @typedef {import("../core/towers.js").Towers} Towers */

const OFFSCREEN = "offscreen/offscreen.html";
/** @type {Promise<void> | undefined} */
let opening;

async function openOffscreen() {
  const contexts = await chrome.runtime.getContexts({ contextTypes: [chrome.runtime.ContextType.OFFSCREEN_DOCUMENT] });
  if (contexts.length > 0) return;
  await chrome.offscreen.createDocument({
    url: OFFSCREEN,
    reasons: [chrome.offscreen.Reason.WORKERS],
    justification: "Runs the recommendation models in WebAssembly; a service worker would stop after 30 seconds.",
  });
}

/** All callers wait for one opening: the document is listed before its scripts listen, and a message in between is lost. */
function ensureOffscreen() {
  opening ??= openOffscreen().finally(() => {
    opening = undefined;
  });
  return opening;
}

/** Asks the towers' zone, wherever it is. @param {Record<string, any> & {type: string}} message @returns {Promise<Record<string, any>>} */
export async function ask(message) {
  // Firefox has no offscreen documents; its background is a page and runs the towers itself.
  if (!chrome.offscreen) {
    const { towersHandlers } = await import("../offscreen/handlers.js");
    const { type, ...fields } = message;
    return towersHandlers[type](fields);
  }
  await ensureOffscreen();
  return unwrap(await chrome.runtime.sendMessage(message));
}

/**
 * Towers that run elsewhere, behind the same interface.
 * @param {string} bundleUrl
 * @param {() => void} onDamaged called where the downloaded bundle turns out altered
 * @returns {Towers}
 */
export function createTowersClient(bundleUrl, onDamaged) {
  /** @param {Record<string, any> & {type: string}} message */
  async function asked(message) {
    try {
      return await ask(message);
    } catch (error) {
      if (error instanceof CarryoverError && error.code.startsWith("bundle_")) onDamaged();
      throw error;
    }
  }
  return {
    async embedItems(texts) {
      const { embeddings } = await asked({ type: "towers.embedItems", bundleUrl, texts });
      return embeddings.map((/** @type {number[]} */ row) => Float32Array.from(row));
    },
    async embedUser({ items, kinds, agesDays }) {
      const rows = items.map((item) => Array.from(item));
      const { embedding } = await asked({ type: "towers.embedUser", bundleUrl, items: rows, kinds, agesDays });
      return Float32Array.from(embedding);
    },
  };
}

// @ts-check
import { cachedManifest, cachedMetric, cachedSigner, fetchBundle } from "../core/bundle.js";
import { ServerError } from "../values/errors.js";
import { FRESH_MS } from "./server.js";
import { createTowersClient } from "./towers-client.js";

/**
 * @typedef {import("../core/recommender.js").Model} Model
 * @typedef {ReturnType<typeof createModelSource>} ModelSource
 */

/**
 * The model that ranks: the server's bundle, downloaded once, and its towers.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {() => Promise<import("./server.js").ServerClient>} parts.getServer
 * @param {import("./towers-client.js").Ask} parts.ask
 * @param {() => Promise<import("../core/bundle.js").BundleCache>} parts.openCache
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createModelSource({ getProfile, getServer, ask, openCache, now }) {
  /** @type {{serverUrl: string, at: number, model: Model} | undefined} a cache: losing it costs one request */
  let current;
  /** @type {Promise<Model> | undefined} */
  let loading;

  function forget() {
    current = undefined;
  }

  /** @returns {Promise<Model>} */
  async function load() {
    const profile = await getProfile();
    const { serverUrl, bundleUrl: last, trustedKeys = [], signedBy: before = "" } = profile.settings;
    if (current?.serverUrl === serverUrl && now() - current.at < FRESH_MS) return current.model;
    const cache = await openCache();
    let bundleUrl = last;
    try {
      bundleUrl = await fetchBundle({ server: await getServer(), cache, trustedKeys });
    } catch (error) {
      if (!(error instanceof ServerError) || !last) throw error;
    }
    const manifest = await cachedManifest(cache, bundleUrl);
    // The bundle of the last time may be from before the keys were given.
    const signedBy = (await cachedSigner(cache, bundleUrl, trustedKeys)) ?? "";
    if (bundleUrl !== last || signedBy !== before) await profile.changeSettings({ bundleUrl, signedBy });
    const metric = await cachedMetric(cache, bundleUrl, manifest);
    const model = { manifest, metric, towers: createTowersClient({ ask, bundleUrl, onDamaged: forget }) };
    current = { serverUrl, at: now(), model };
    return model;
  }

  return {
    /** @returns {Promise<Model>} of the server's bundle, or of the last one downloaded where the server does not answer */
    getModel() {
      // Callers that come while a download runs wait for it.
      loading ??= load().finally(() => {
        loading = undefined;
      });
      return loading;
    },

    /** Make the next getModel ask the server again, which also repairs a damaged bundle. */
    forget,

    /** Forget the model and any download that runs, after the server's address changed or the profile was erased. */
    reset() {
      current = undefined;
      loading = undefined;
    },
  };
}

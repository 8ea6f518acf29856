// @ts-check
import { dropDownloads, readManifest, readMetric } from "../core/bundle.js";
import { mayAskServer } from "../core/settings.js";
import { CarryoverError } from "../values/errors.js";
import { FRESH_MS } from "./server.js";
import { createServerModel } from "./server-model.js";
import { createTowersClient } from "./towers-client.js";

/**
 * @typedef {import("../core/bundle.js").BundleFiles} BundleFiles
 * @typedef {import("../core/recommender.js").Model & {bundleUrl: string, problem?: CarryoverError}} Model with the bundle that its towers load, and
 *   the reason why it is not the server's
 * @typedef {ReturnType<typeof createModelSource>} ModelSource
 */

/**
 * The model that ranks: a bundle and its towers. It is the bundle inside the extension; only where the shopper's own server offers
 * a bundle of another space, whose vectors alone that server understands, it is the server's.
 * @param {object} parts
 * @param {import("./store.js").GetProfile} parts.getProfile
 * @param {() => Promise<import("./server.js").ServerClient>} parts.getServer
 * @param {import("./towers-client.js").Ask} parts.ask
 * @param {BundleFiles} parts.packaged files of the bundle inside the extension
 * @param {() => Promise<import("../core/bundle.js").BundleCache>} parts.openCache
 * @param {() => number} parts.now milliseconds since 1970
 */
export function createModelSource({ getProfile, getServer, ask, packaged, openCache, now }) {
  const serverModel = createServerModel({ getServer, openCache, modelOf });
  /** @type {Promise<Model> | undefined} */
  let packagedModel;
  /** @type {{serverUrl: string, at: number, model: Model} | undefined} a cache: losing it costs one request */
  let current;
  /** @type {Promise<Model> | undefined} */
  let loading;

  function forget() {
    current = undefined;
    packagedModel = undefined;
  }

  /** @param {BundleFiles} files @returns {Promise<Model>} */
  async function modelOf(files) {
    const manifest = await readManifest(files);
    const metric = await readMetric(files, manifest);
    const { bundleUrl } = files;
    return { manifest, metric, bundleUrl, towers: createTowersClient({ ask, bundleUrl, manifest, onDamaged: forget }) };
  }

  /** @returns {Promise<Model>} */
  function getPackaged() {
    packagedModel ??= modelOf(packaged).catch((error) => {
      packagedModel = undefined;
      throw error;
    });
    return packagedModel;
  }

  /** @param {() => boolean} isLatest whether nothing was reset meanwhile @returns {Promise<Model>} */
  async function load(isLatest) {
    const profile = await getProfile();
    const { settings } = profile;
    if (!mayAskServer(settings)) return getPackaged();
    const { serverUrl } = settings;
    if (current?.serverUrl === serverUrl && now() - current.at < FRESH_MS) return current.model;
    const own = await getPackaged();
    const model = await serverModel.offered(profile, own).catch(async (problem) => {
      if (!(problem instanceof CarryoverError)) throw problem;
      return { ...((await serverModel.last(profile)) ?? own), problem };
    });
    if (isLatest()) current = { serverUrl, at: now(), model };
    return model;
  }

  return {
    /** Begin to load the packaged bundle, which a list needs a moment later. A failure is told to who asks for the model. */
    prepare() {
      getPackaged().catch(() => undefined);
    },

    /** @returns {Promise<Model>} which never fails because of a server: its `problem` tells */
    getModel() {
      // Callers that come while a download runs wait for it.
      if (loading) return loading;
      /** @type {Promise<Model>} */
      const started = load(() => loading === started).finally(() => {
        if (loading === started) loading = undefined;
      });
      loading = started;
      return started;
    },

    /** Make the next getModel ask the server again, which also repairs a damaged bundle. */
    forget,

    /** Forget the model and any download that runs, after the settings changed or the profile was erased. */
    reset() {
      forget();
      loading = undefined;
    },

    /** Delete every bundle that was downloaded: its address names a server. */
    async dropDownloads() {
      await dropDownloads(await openCache());
    },
  };
}

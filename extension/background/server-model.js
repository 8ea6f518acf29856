// @ts-check
import { downloadedFiles, fetchBundle, offeredBundle, readSigner } from "../core/bundle.js";
import { CarryoverError } from "../values/errors.js";

/**
 * @typedef {import("../core/profile.js").Profile} Profile
 * @typedef {import("./model.js").Model} Model
 */

/** @param {Profile} profile @param {string} serverUrl @param {{serverBundleUrl: string, signedBy: string}} found there */
async function remember(profile, serverUrl, found) {
  const { settings } = profile;
  if (settings.serverBundleUrl === found.serverBundleUrl && (settings.signedBy ?? "") === found.signedBy) return;
  // The shopper may have left that server meanwhile.
  await profile.changeSettings(found, "", (now) => now.serverUrl === serverUrl);
}

/** Delete what arrived of a server's bundle after the shopper left that server. @param {Profile} profile @param {string} serverUrl @param {import("../core/bundle.js").BundleCache} cache */
async function dropIfLeft(profile, serverUrl, cache) {
  if (profile.settings.serverUrl === serverUrl) return;
  const gone = (await cache.keys()).filter(({ url }) => url.startsWith(`${serverUrl}/`));
  await Promise.all(gone.map((request) => cache.delete(request)));
}

/**
 * The bundle of the shopper's own server, downloaded once.
 * @param {object} parts
 * @param {() => Promise<import("./server.js").ServerClient>} parts.getServer
 * @param {() => Promise<import("../core/bundle.js").BundleCache>} parts.openCache
 * @param {(files: import("../core/bundle.js").BundleFiles) => Promise<Model>} parts.modelOf
 */
export function createServerModel({ getServer, openCache, modelOf }) {
  return {
    /**
     * Return the model that the server offers now, downloaded where it is of another space than the packaged one.
     * @param {Profile} profile @param {Model} packaged
     * @throws {CarryoverError} where the server does not answer, or its bundle is refused
     */
    async offered(profile, packaged) {
      const { trustedKeys = [], compareImages = false } = profile.settings;
      const server = await getServer();
      const offer = await offeredBundle(server);
      if (offer.space === packaged.manifest.space) {
        await remember(profile, server.baseUrl, { serverBundleUrl: "", signedBy: "" });
        return packaged;
      }
      const cache = await openCache();
      const wanted = { server, cache, trustedKeys, offer, withImages: compareImages };
      const files = await fetchBundle(wanted).finally(() => dropIfLeft(profile, server.baseUrl, cache));
      const model = await modelOf(files);
      const signedBy = (await readSigner(files, trustedKeys)) ?? "";
      await remember(profile, server.baseUrl, { serverBundleUrl: files.bundleUrl, signedBy });
      return model;
    },

    /**
     * Return the model that was downloaded last, null where there is none that passes every check.
     * @param {Profile} profile @returns {Promise<Model | null>}
     */
    async last({ settings: { serverBundleUrl, trustedKeys = [] } }) {
      if (!serverBundleUrl) return null;
      try {
        const files = downloadedFiles(await openCache(), serverBundleUrl);
        // It may be from before the keys were given.
        await readSigner(files, trustedKeys);
        return await modelOf(files);
      } catch (error) {
        if (!(error instanceof CarryoverError)) throw error;
        return null;
      }
    },
  };
}

// @ts-check
import { BUNDLE_CACHE, cachedManifest, fetchBundle } from "../core/bundle.js";
import { ServerError } from "../values/errors.js";
import { createServerClient } from "../core/server-client.js";
import { getProfile } from "./store.js";
import { createTowersClient } from "./towers-client.js";

/** @typedef {import("../core/recommender.js").Model} Model */

const FRESH_MS = 10 * 60_000;
/** @type {{serverUrl: string, at: number, model: Model} | undefined} a cache: losing it costs one request */
let current;
/** @type {Promise<Model> | undefined} */
let loading;
/** @type {{serverUrl: string, at: number, shops: Set<string>} | undefined} */
let knownShops;

/** @returns {Promise<import("../core/server-client.js").ServerClient>} every request it makes is in the ledger first */
export async function getServer() {
  const profile = await getProfile();
  return createServerClient({
    baseUrl: profile.settings.serverUrl,
    onRequest: (request) => profile.addToLedger(request),
  });
}

/** @returns {Promise<Model>} the server's bundle, downloaded once; the one already here where the server is away */
export function getModel() {
  // Whoever asks meanwhile waits for the same download.
  loading ??= loadModel().finally(() => {
    loading = undefined;
  });
  return loading;
}

/** @returns {Promise<Model>} */
async function loadModel() {
  const profile = await getProfile();
  const { serverUrl, bundleUrl: last } = profile.settings;
  if (current?.serverUrl === serverUrl && Date.now() - current.at < FRESH_MS) return current.model;
  const cache = await caches.open(BUNDLE_CACHE);
  let bundleUrl = last;
  try {
    bundleUrl = await fetchBundle({ server: await getServer(), cache });
  } catch (error) {
    if (!(error instanceof ServerError) || !last) throw error;
  }
  const manifest = await cachedManifest(cache, bundleUrl);
  if (bundleUrl !== last) await profile.changeSettings({ bundleUrl });
  const model = { manifest, towers: createTowersClient(bundleUrl, forgetModel) };
  current = { serverUrl, at: Date.now(), model };
  return model;
}

/** The next getModel asks the server again, and repairs what is damaged. */
export function forgetModel() {
  current = undefined;
}

/** @returns {Promise<Set<string>>} all shops of the server: the list is fetched whole, so that the server is not asked about one */
export async function getKnownShops() {
  const server = await getServer();
  if (knownShops?.serverUrl !== server.baseUrl || Date.now() - knownShops.at > FRESH_MS) {
    const shops = (await server.shops()).map(({ shop }) => shop);
    knownShops = { serverUrl: server.baseUrl, at: Date.now(), shops: new Set(shops) };
  }
  return knownShops.shops;
}

/** Forgets what was learned about the server, after its address changed or the profile was erased. */
export function forgetServer() {
  knownShops = undefined;
  current = undefined;
  loading = undefined;
}

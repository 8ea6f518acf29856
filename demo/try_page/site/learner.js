// The extension's own modules, as a page without extension rights may use them: profile, extractor, towers, ranking.
import { BUNDLE_CACHE, fetchBundle, openBundle, readMetric } from "/extension/core/bundle.js";
import { indexedDbStorage } from "/extension/core/indexeddb-storage.js";
import { Profile } from "/extension/core/profile.js";
import { dismiss, learn, recommendOwn } from "/extension/core/recommender.js";
import { createServerClient } from "/extension/core/server-client.js";
import { createTowers } from "/extension/core/towers.js";
import { extractProduct } from "/extension/extract/extract.js";

const DATABASE = "carryover-try";
const FIRST_SCREEN_SIZE = 30;

/** @param {{server: string, shops: Record<string, string>}} settings @returns {Promise<object>} what the page can ask of the learner */
export async function createLearner({ server: baseUrl, shops }) {
  // A visit to this page starts with nobody: what an earlier one left behind is erased, key and all.
  const earlier = await Profile.open(indexedDbStorage(DATABASE));
  await earlier.erase();
  const profile = await Profile.open(indexedDbStorage(DATABASE));
  await profile.changeSettings({ serverUrl: baseUrl });
  for (const shop of Object.keys(shops)) await profile.setConsent(`${shop}.localhost`, true);
  const server = createServerClient({ baseUrl, onRequest: (request) => profile.addToLedger(request) });
  /** @type {Promise<any> | undefined} */
  let loading;

  async function load() {
    const cache = await caches.open(BUNDLE_CACHE);
    const files = await fetchBundle({ server, cache });
    const bundle = await openBundle(files);
    const towers = await createTowers({ bundle, wasmUrl: "/extension/vendor/ort-wasm-simd-threaded.wasm" });
    return { towers, manifest: bundle.manifest, metric: await readMetric(files, bundle.manifest) };
  }

  /** A failed load is not kept: the next press tries again. */
  function model() {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }

  return {
    model,
    ledger: () => profile.ledger(),
    liked: () => profile.interactions().filter(({ kind }) => kind !== "dismiss").length,
    /** Reads the product's page as the extension would, and learns it. @param {string} shop @param {string} url */
    async like(shop, url) {
      const { pathname, search } = new URL(url);
      const response = await fetch(`/shop/${shop}${pathname}${search}`);
      if (!response.ok) throw new Error(`The shop answered ${response.status} for ${url}.`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const product = await extractProduct(page, url);
      return learn({ product, kind: "wishlist", incognito: false }, { profile, model });
    },
    /** @param {string} shop @returns {Promise<{mine: any[], anybody: any[]}>} both rankings of one shop */
    async enter(shop) {
      const name = `${shop}.localhost`;
      const mine = await recommendOwn({ shop: name }, { profile, model: await model(), server });
      const anybody = await server.recommend({ mode: "own", shop: name, k: FIRST_SCREEN_SIZE });
      return { mine: mine.items, anybody: anybody.items };
    },
    /** @param {any} item */
    less: (item) => dismiss(item, { profile, model }),
  };
}

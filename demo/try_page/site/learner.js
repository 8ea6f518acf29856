// The extension's own modules, as a page without extension rights may use them: profile, extractor, towers, packs, ranking.
import { here } from "./addresses.js";
import { createPackList } from "./extension/background/pack-list.js";
import { createPackLoads } from "./extension/background/pack-loads.js";
import { createPackSource } from "./extension/background/pack-source.js";
import { createPacks } from "./extension/background/packs.js";
import { createPublicFetch } from "./extension/background/public-fetch.js";
import { createShelfOpener } from "./extension/background/shelf-opener.js";
import { openBundle, packagedFiles, readMetric } from "./extension/core/bundle.js";
import { Vault } from "./extension/core/vault/vault.js";
import { Profile } from "./extension/core/profile.js";
import { dismiss, learn } from "./extension/core/recommender.js";
import { createTowers } from "./extension/core/towers.js";
import { extractProduct } from "./extension/extract/extract.js";
import { PackError } from "./extension/values/errors.js";

const DATABASES = { shopper: "carryover-try", anybody: "carryover-try-anybody" };
const shopName = (/** @type {string} */ shop) => `${shop}.localhost`;

async function loadModel() {
  const bundleUrl = here("extension/bundle/");
  const files = packagedFiles(bundleUrl);
  const bundle = await openBundle(files);
  const towers = await createTowers({ bundle, wasmUrl: here("extension/vendor/ort-wasm-simd-threaded.wasm") });
  return { towers, manifest: bundle.manifest, bundleUrl, metric: await readMetric(files, bundle.manifest) };
}

/** Return an empty profile. What an earlier visit left in this browser is erased first, its key included. @param {string} database @param {string[]} shops */
async function newProfile(database, shops) {
  const earlier = await Profile.open(new Vault({ name: database }));
  await earlier.erase();
  const profile = await Profile.open(new Vault({ name: database }));
  await profile.changeSettings({ packListUrl: here("packs/list.json") });
  for (const shop of shops) await profile.setConsent(shopName(shop), true);
  return profile;
}

/** Rank packs for a profile as the extension's background does. @param {Profile} profile @param {() => Promise<any>} getModel */
function rankerFor(profile, getModel) {
  const getProfile = async () => profile;
  const model = { getModel };
  const publicFetch = createPublicFetch({ getProfile });
  const now = () => Date.now();
  /** @param {string} url @param {number} mostBytes */
  async function fetchFile(url, mostBytes) {
    const answer = await publicFetch(url, { mostBytes });
    if (answer?.status === 200) return answer.body;
    throw new PackError("pack_unreachable", `There is no file at ${url}.`);
  }
  const parts = { getProfile, model: /** @type {any} */ (model), fetchFile, now };
  const opener = createShelfOpener(parts);
  const loads = createPackLoads({ ...parts, opener, announceChange: async () => undefined });
  const packs = createPacks({ ...parts, list: createPackList(parts), loads });
  return { packs, recommend: createPackSource({ ...parts, packs, opener }) };
}

/** @param {{shops: Record<string, string>}} settings @returns {Promise<object>} what the page can ask of the learner */
export async function createLearner({ shops }) {
  const names = Object.keys(shops);
  const profile = await newProfile(DATABASES.shopper, names);
  const nobody = await newProfile(DATABASES.anybody, names);
  /** @type {Map<string, Record<string, string>>} by shop */
  const pages = new Map();
  /** @type {Promise<any> | undefined} */
  let loading;

  /** A failed load is not kept: the next press tries again. */
  function model() {
    loading ??= loadModel().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }
  /** All pages of a shop, by address: asking for one alone would tell this site's host what is liked. @param {string} shop */
  async function pagesOf(shop) {
    if (!pages.has(shop)) {
      const url = here(`pages/${shop}.json`);
      await profile.addToLedger({ method: "GET", url, body: "" });
      const response = await fetch(url);
      if (!response.ok) throw new Error(`There are no pages of ${shop} beside this one: ${response.status}.`);
      pages.set(shop, await response.json());
    }
    return /** @type {Record<string, string>} */ (pages.get(shop));
  }
  const mine = rankerFor(profile, model);
  const anybody = rankerFor(nobody, model);

  /** @param {ReturnType<typeof rankerFor>} ranker @param {string} shop */
  async function ranked({ recommend }, shop) {
    const answer = await recommend({ shop: shopName(shop) });
    if (!answer) throw new Error(`There is no pack of ${shop} beside this page.`);
    return answer.items;
  }

  return {
    ledger: () => profile.ledger(),
    liked: () => profile.interactions().filter(({ kind }) => kind !== "dismiss").length,
    /** Reads the product's page as the extension would, and learns it. @param {string} shop @param {string} url */
    async like(shop, url) {
      const html = (await pagesOf(shop))[url];
      if (html === undefined) throw new Error(`There is no page for ${url} beside this one.`);
      const page = new DOMParser().parseFromString(html, "text/html");
      const product = await extractProduct(page, url);
      // What this shop sells otherwise says what is special about the things that are liked there.
      await mine.packs.of(shopName(shop));
      return learn({ product, kind: "wishlist", incognito: false }, { profile, model });
    },
    /** @param {string} shop @returns {Promise<{mine: any[], anybody: any[]}>} both rankings of one shop */
    async enter(shop) {
      return { mine: await ranked(mine, shop), anybody: await ranked(anybody, shop) };
    },
    /** @param {any} item */
    less: (item) => dismiss(item, { profile, model }),
  };
}

// Ranks listing pages by the tastes of shoppers, with the extension's own code: benchmarks/page_mode/__main__.py asks for it.
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
import { filesInFolder } from "../../extension/build/browser-files.js";
import { openBundle, readMetric } from "../../extension/core/bundle.js";
import { checkProbes } from "../../extension/core/bundle-probes.js";
import { Profile } from "../../extension/core/profile.js";
import { learn, recommendPage } from "../../extension/core/recommender.js";
import { createTowers } from "../../extension/core/towers.js";
import { Vault } from "../../extension/core/vault/vault.js";
import { extractProduct } from "../../extension/extract/extract.js";
import { extractListing } from "../../extension/extract/visible/listing.js";
import * as ort from "../../extension/vendor/ort.wasm.bundle.min.mjs";

// Node's fetch reads no files: the runtime gets the bytes that a browser would load.
const wasm = new URL("../../extension/vendor/ort-wasm-simd-threaded.wasm", import.meta.url);
ort.env.wasm.wasmBinary = readFileSync(wasm).buffer;
const parser = new new JSDOM("").window.DOMParser();
globalThis.DOMParser = class {
  parseFromString(source, type) {
    return parser.parseFromString(source, type);
  }
};
const documentOf = (html) => parser.parseFromString(html, "text/html");

/** Towers that embed each text once. */
function remembering(towers) {
  const known = new Map();
  return {
    ...towers,
    async embedItems(texts) {
      const fresh = [...new Set(texts)].filter((text) => !known.has(text));
      (await towers.embedItems(fresh)).forEach((row, i) => known.set(fresh[i], row));
      return texts.map((text) => known.get(text));
    },
  };
}

const opened = new Map();

async function modelOf({ bundle: directory, isCentred }) {
  const files = filesInFolder(directory);
  if (!opened.has(directory)) {
    const bundle = await openBundle(files);
    const towers = await createTowers({ bundle, wasmUrl: wasm.href });
    await checkProbes(bundle, towers);
    opened.set(directory, { towers: remembering(towers), manifest: bundle.manifest });
  }
  const model = opened.get(directory);
  return { ...model, metric: isCentred ? await readMetric(files, model.manifest) : null };
}

let profiles = 0;
/** The profile of a shopper who viewed products, one a minute. */
async function profileOf({ shop, views }, productOf, model) {
  let now = Date.parse("2026-03-01T12:00:00Z");
  const profile = await Profile.open(new Vault({ name: `profile-${(profiles += 1)}` }), { now: () => now });
  await profile.setConsent(shop, true);
  for (const url of views) {
    const product = await productOf(url);
    const { stored, reason } = await learn(
      { product, kind: "view", incognito: false },
      { profile, model: async () => model },
    );
    if (!stored) throw new Error(`${url} was not learned: ${reason}`);
    now += 60_000;
  }
  return profile;
}

const { ways, pages, listings, shoppers } = JSON.parse(readFileSync(0, "utf8"));
const products = new Map();
const productOf = async (url) => {
  if (!products.has(url)) products.set(url, await extractProduct(documentOf(pages[url]), url, { isRendered: true }));
  return products.get(url);
};
const cards = new Map();
for (const { shop, url, html } of listings)
  cards.set(url, { shop, listing: await extractListing(documentOf(html), url, []) });

const answer = {
  page: Object.fromEntries([...cards].map(([url, { listing }]) => [url, listing.map(({ itemId }) => itemId)])),
  ways: {},
};
for (const [name, way] of Object.entries(ways)) {
  const model = await modelOf(way);
  answer.ways[name] = [];
  for (const shopper of shoppers) {
    const profile = await profileOf(shopper, productOf, model);
    const ranked = {};
    let milliseconds = 0;
    for (const url of shopper.listings) {
      const begun = performance.now();
      const { items, basis } = await recommendPage(cards.get(url), { profile, model });
      milliseconds += performance.now() - begun;
      // A page of one product is no listing to the extension.
      if (items.length > 0 && basis !== "taste") throw new Error(`${url} was not ranked by taste.`);
      ranked[url] = items.map(({ itemId }) => itemId);
    }
    answer.ways[name].push({ ranked, millisecondsAPage: milliseconds / shopper.listings.length });
  }
}
process.stdout.write(JSON.stringify(answer));

// Runs the extension's own modules on recorded answers of shops: measure.mjs WORK.json BUNDLE prints JSON.
import "fake-indexeddb/auto";
import { cardsOf } from "../../extension/core/catalogue-cards.js";
import { centredHistory } from "../../extension/core/centring.js";
import { clustersOf } from "../../extension/core/clustering.js";
import { addImported } from "../../extension/core/importing.js";
import { Vault } from "../../extension/core/vault/vault.js";
import { Profile } from "../../extension/core/profile.js";
import { learn, recommendShelf } from "../../extension/core/recommender.js";
import { layoutOf, matrixOf, packed } from "../../extension/core/shelf-matrix.js";
import { createRanker } from "../../extension/core/shelf-ranking.js";
import { thingsIn } from "../../extension/imports/things.js";
import { canonicalUrl, itemIdOf, shopOf } from "../../extension/values/identity.js";
import { itemText } from "../../extension/values/item-text.js";
import { handlers, manifest, metric, model, towers, work } from "../shelf/model.mjs";

const on = (profile) => ({ profile, model: async () => model });
const { shops } = work;
let profiles = 0;
const newProfile = () => Profile.open(new Vault({ name: `profile-${(profiles += 1)}` }));

/** The product of each page, extracted once, as the offscreen document does. */
const products = new Map();
async function productAt(url) {
  if (!products.has(url)) {
    const shop = Object.values(shops).find(({ origin }) => url.startsWith(`${origin}/`));
    const html = shop.answers[url.slice(shop.origin.length)].body;
    products.set(url, (await handlers["page.read"]({ html, url, hidden: [] })).product);
  }
  return products.get(url);
}

/** A shop's catalogue as its pages tell it, ready to rank. */
async function catalogueOf({ products: listed }) {
  const items = [];
  for (const { url } of listed) items.push({ ...(await productAt(url)), url });
  const embeddings = await towers.embedItems(items.map((item) => itemText(item, manifest.text.itemText)));
  const layout = layoutOf(manifest);
  const cards = await Promise.all(
    items.map(async ({ url, title }) => ({ itemId: await itemIdOf(canonicalUrl(url)), url, title })),
  );
  return { cards: cardsOf(cards), ranker: createRanker(matrixOf([packed(embeddings, layout)], layout), metric) };
}
for (const shop of Object.values(shops)) shop.shelf = await catalogueOf(shop);

/** How twenty things come into a profile. */
const WAYS = {
  async views(urls, profile) {
    await profile.setConsent(shopOf(urls[0]), true);
    for (const url of urls) await learn({ product: await productAt(url), kind: "view", incognito: false }, on(profile));
  },
  async titles(urls, profile) {
    const products = await Promise.all(urls.map(productAt));
    await imported(`title\n${products.map(({ title }) => `"${title.replaceAll('"', '""')}"`).join("\n")}`, profile);
  },
  async links(urls, profile) {
    await imported(urls.join("\n"), profile);
  },
  async titlesAndLinks(urls, profile) {
    const products = await Promise.all(urls.map(productAt));
    await imported(products.map(({ title }, i) => `${title}\t${urls[i]}`).join("\n"), profile);
  },
};

/** @param {string} text of a file */
async function imported(text, profile) {
  const { rows } = thingsIn(text, "wishlist");
  const { refused } = await addImported(rows, () => true, on(profile));
  for (const { reason, count } of refused) refusals[reason] = (refusals[reason] ?? 0) + count;
}
const refusals = {};

async function shownFor({ target, viewed }, way) {
  const profile = await newProfile();
  await WAYS[way](viewed, profile);
  const shop = shopOf(shops[target].origin);
  const { items } = await recommendShelf({ shop, shelf: shops[target].shelf }, { profile, model });
  return items.slice(0, 10).map(({ url }) => url);
}

const shown = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
for (const draw of work.draws) for (const way of Object.keys(WAYS)) shown[way].push(await shownFor(draw, way));

/** The cluster of each thing, for each least similarity. */
async function assignedFor({ viewed }) {
  const profile = await newProfile();
  for (const url of viewed) {
    await profile.setConsent(shopOf(url), true);
    await learn({ product: await productAt(url), kind: "view", incognito: false }, on(profile));
  }
  const interactions = profile.interactions();
  const vectors = centredHistory(interactions, metric, null);
  const urls = interactions.map(({ product }) => product.url);
  return {
    urls,
    clusters: work.leasts.map((least) => {
      const assigned = new Array(urls.length);
      for (const [c, rows] of clustersOf(vectors, manifest.filler, least).entries())
        for (const row of rows) assigned[row] = c;
      return assigned;
    }),
  };
}
const mixed = [];
for (const one of work.mixed) mixed.push(await assignedFor(one));

/** Milliseconds to cluster a full profile. */
const all = Object.values(shops).flatMap(({ products: listed }) => listed.map(({ url }) => url));
const texts = await Promise.all(
  all.slice(0, 1000).map(async (url) => itemText(await productAt(url), manifest.text.itemText)),
);
const full = await towers.embedItems(texts);
const times = [];
for (let round = 0; round < 5; round += 1) {
  const start = performance.now();
  clustersOf(full, manifest.filler);
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);

console.log(JSON.stringify({ shown, refusals, mixed, fullMs: times[2], fullItems: full.length }));

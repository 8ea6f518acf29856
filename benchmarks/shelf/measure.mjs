// Runs the extension's own modules on recorded answers of shops, or on their packs: measure.mjs WORK.json BUNDLE prints JSON.
import "fake-indexeddb/auto";
import { createShelves } from "../../extension/background/shelf.js";
import { createShelfOpener } from "../../extension/background/shelf-opener.js";
import { createReadings } from "../../extension/background/shelf-readings.js";
import { cardsOf } from "../../extension/core/catalogue-cards.js";
import { Vault } from "../../extension/core/vault/vault.js";
import { Profile } from "../../extension/core/profile.js";
import { learn, recommendShelf } from "../../extension/core/recommender.js";
import { decodeReady, encodeReady } from "../../extension/core/ready-shelf.js";
import { layoutOf, matrixOf, packed } from "../../extension/core/shelf-matrix.js";
import { createRanker } from "../../extension/core/shelf-ranking.js";
import { createTowers } from "../../extension/core/towers.js";
import { decodePart, encodePart } from "../../extension/shelf/parts.js";
import { canonicalUrl, itemIdOf, shopOf } from "../../extension/values/identity.js";
import { encodeEmbedding } from "../../extension/values/encoding.js";
import { itemText } from "../../extension/values/item-text.js";
import { openPack } from "./packs.mjs";
import { bundle, handlers, manifest, metric, model, work } from "./model.mjs";

const ask = ({ type, ...fields }) => handlers[type](fields);

let profiles = 0;
const newProfile = () => Profile.open(new Vault({ name: `profile-${(profiles += 1)}` }));

/** Read one shop's catalogue, with a clock that moves only while the reading waits. */
async function readShop({ origin, answers }) {
  const profile = await newProfile();
  const shop = shopOf(origin);
  await profile.setConsent(shop, true);
  const begun = Date.now();
  let now = begun;
  let numRequests = 0;
  let firstItemsAt;
  const getProfile = async () => profile;
  const modelSource = { getModel: async () => model };
  const opener = createShelfOpener({ getProfile, model: modelSource });
  const readings = createReadings({
    getProfile,
    model: modelSource,
    ask,
    opener,
    now: () => now,
    wait: async (ms) => {
      now += ms;
    },
    async announceChange() {
      if ((profile.shelf(shop)?.numItems ?? 0) > 0) firstItemsAt ??= now;
    },
    async fetchAnswer(url) {
      numRequests += 1;
      return answers[url.slice(origin.length)] ?? { status: 404, headers: {}, body: "" };
    },
  });
  const shelves = createShelves({ getProfile, model: modelSource, readings, now: () => now });
  await shelves.read({ shop, url: `${origin}/` });
  while (profile.shelf(shop).status === "reading" || profile.shelf(shop).mean === undefined)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const shelf = profile.shelf(shop);
  const reading = {
    kind: shelf.kind,
    items: shelf.numItems,
    requests: numRequests,
    secondsOfPace: Math.round((now - begun) / 1000),
    secondsToFirstItems: Math.round((firstItemsAt - begun) / 1000),
  };
  return { shelf, reading, opened: await opener.open(shelf) };
}

/** Take one shop's catalogue from its pack in a folder. */
async function takePack({ origin }) {
  const shop = shopOf(origin);
  const started = performance.now();
  const opened = await openPack(work.packs, shop, model);
  const reading = { items: opened.cards.num, openMs: Math.round(performance.now() - started) };
  const mean = encodeEmbedding(Float32Array.from(opened.ranker.mean));
  const shelf = { id: "pack", shop, origin, space: manifest.space, kind: "pack", status: "read", round: 1, mean };
  return {
    reading,
    opened,
    shelf: { ...shelf, startedAt: new Date().toISOString(), numItems: 0, parts: [], next: "" },
  };
}

const shops = {};
for (const [name, shop] of Object.entries(work.shops))
  shops[name] = { ...shop, ...(await (work.packs ? takePack(shop) : readShop(shop))) };

/** The product of each page that is looked at, extracted once, as the offscreen document does. */
const products = new Map();
async function productAt(name, url) {
  if (!products.has(url)) {
    const html = shops[name].answers[url.slice(shops[name].origin.length)].body;
    products.set(url, (await handlers["page.read"]({ html, url, hidden: [] })).product);
  }
  return products.get(url);
}

/** Which of the target's addresses an item is: pages name themselves in their own spelling. */
async function addressesById({ products: listed }) {
  const pairs = listed.map(async ({ url }) => [await itemIdOf(canonicalUrl(url)), url]);
  return new Map(await Promise.all(pairs));
}
for (const shop of Object.values(shops)) shop.byId = await addressesById(shop);

/** The addresses that a shopper is shown after six views. */
async function shownFor({ source, target, viewed }, isSourceRead) {
  const profile = await newProfile();
  await profile.setConsent(shopOf(shops[source].origin), true);
  // The panel of the target lists its catalogue only once it is kept.
  const known = isSourceRead ? [shops[source], shops[target]] : [shops[target]];
  for (const { shelf } of known) await profile.keepShelf({ ...shelf, parts: [] });
  for (const url of viewed) {
    const product = await productAt(source, url);
    const learned = await learn({ product, kind: "view", incognito: false }, { profile, model: async () => model });
    if (!learned.stored) throw new Error(`${url} was not learned: ${learned.reason}`);
  }
  const shop = shopOf(shops[target].origin);
  const { items } = await recommendShelf({ shop, shelf: shops[target].opened }, { profile, model });
  return items.slice(0, 10).map(({ itemId }) => shops[target].byId.get(itemId));
}

const shown = { sourceNotRead: [], sourceRead: [] };
for (const draw of work.draws) {
  shown.sourceNotRead.push(await shownFor(draw, false));
  shown.sourceRead.push(await shownFor(draw, true));
}

/** Milliseconds of each stage for a large catalogue, and its bytes. */
async function largeRound(profile) {
  const times = {};
  let last = performance.now();
  const lap = (name) => {
    times[name] = performance.now() - last;
    last = performance.now();
  };
  const layout = layoutOf(manifest);
  const texts = work.large.map((card) => itemText(card, manifest.text.itemText));
  last = performance.now();
  const embeddings = await (await createTowers({ bundle, wasmUrl: "" })).embedItems(texts);
  lap("embedMs");
  const parts = [];
  for (let start = 0; start < texts.length; start += 250) {
    const items = work.large.slice(start, start + 250).map((card, i) => ({ ...card, itemId: `${start + i}`, url: "" }));
    parts.push(encodePart({ items }, packed(embeddings.slice(start, start + 250), layout)));
  }
  lap("packMs");
  const matrix = matrixOf(
    parts.map((part) => decodePart(part).vectors),
    layout,
  );
  const ranker = createRanker(matrix, metric);
  lap("estimateMs");
  const shelf = { cards: cardsOf(parts.flatMap((part) => decodePart(part).items)), ranker };
  await recommendShelf({ shop: "large.example", shelf }, { profile, model });
  lap("rankMs");
  times.totalMs = times.embedMs + times.packMs + times.estimateMs + times.rankMs;
  last = performance.now();
  const ready = encodeReady(shelf);
  lap("readyMs");
  const opened = decodeReady(ready, model);
  lap("openMs");
  await recommendShelf({ shop: "large.example", shelf: opened }, { profile, model });
  lap("rankAgainMs");
  const bytes = parts.reduce((sum, { length }) => sum + length, 0) + ready.ranking.length + ready.cards.length;
  return { ...times, bytes };
}

const shopper = await newProfile();
const [first] = work.draws;
await shopper.setConsent(shopOf(shops[first.source].origin), true);
for (const url of first.viewed) {
  const product = await productAt(first.source, url);
  await learn({ product, kind: "view", incognito: false }, { profile: shopper, model: async () => model });
}
const rounds = [];
for (let i = 0; i < work.rounds; i += 1) rounds.push(await largeRound(shopper));
const large = {};
for (const name of Object.keys(rounds[0] ?? {})) {
  const sorted = rounds.map((round) => round[name]).sort((a, b) => a - b);
  const [median, least, most] = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted[sorted.length - 1]];
  large[name] = { median: Math.round(median), min: Math.round(least), max: Math.round(most) };
}

const readings = Object.fromEntries(Object.entries(shops).map(([name, { reading }]) => [name, reading]));
console.log(JSON.stringify({ readings, shown, large: { items: work.large.length, node: process.version, ...large } }));

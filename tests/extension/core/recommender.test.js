// @ts-check
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { cardsOf } from "../../../extension/core/catalogue-cards.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import {
  REQUESTED,
  dismiss,
  learn,
  recommendOwn,
  recommendPage,
  recommendShelf,
  why,
} from "../../../extension/core/recommender.js";
import { matrixOf, packed } from "../../../extension/core/shelf-matrix.js";
import { createRanker } from "../../../extension/core/shelf-ranking.js";
import { createServerClient } from "../../../extension/core/server-client.js";
import { similarity } from "../../../extension/values/vectors.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { askInTheOpen } from "../fakes/paired.js";
import { embedded, item } from "../fakes/shop.js";
import { handTowers, int8 } from "../fakes/towers.js";

/** @param {string} space @returns {any} a manifest, as far as the recommender reads it */
const manifestOf = (space) => ({
  space,
  dim: 3,
  text: { itemText: { fields: ["title"], separator: ". ", maxChars: 64 } },
  interactions: { maxItems: 100 },
});
const model = { towers: handTowers, manifest: manifestOf("s1") };
let databases = 0;
/** @type {Profile} */
let profile;
/** @type {{url: string, body: any}[]} */
let sent;
beforeEach(async () => {
  profile = await Profile.open(new Vault({ name: `recommender-${(databases += 1)}` }));
  await profile.changeSettings({ serverUrl: "http://127.0.0.1:1", pairedKey: "k" });
  await profile.setConsent("a.example", true);
  sent = [];
});

/** @param {string} title @param {string} [url] */
async function productOf(title, url = `https://a.example/${title.replaceAll(" ", "-")}`) {
  return {
    shop: new URL(url).hostname,
    itemId: await itemIdOf(url),
    url,
    verdict: "product",
    title,
    provenance: { url: "url" },
  };
}
/** @param {string} title @param {import("../../../extension/core/profile.js").Kind} [kind] @param {string} [url] */
const see = async (title, kind = "view", url) =>
  learn({ product: await productOf(title, url), kind, incognito: false }, { profile, model: async () => model });

/** @param {any[]} items */
function serverAnswering(items) {
  /** @type {any} */
  const send = async (/** @type {string} */ url, /** @type {{body: string}} */ { body }) => {
    sent.push({ url, body: JSON.parse(body) });
    return new Response(JSON.stringify({ shop: "b.example", space: "s1", strategy: "exact", items }));
  };
  return createServerClient({
    baseUrl: "http://127.0.0.1:1",
    ask: askInTheOpen("http://127.0.0.1:1", send, (request) => profile.addToLedger(request)),
  });
}
/** @param {string} title @param {number} score @param {number[]} vector @returns {Promise<any>} */
const card = async (title, score, vector) => ({
  itemId: await itemIdOf(`https://b.example/${title}`),
  url: `https://b.example/${title}`,
  title,
  score,
  vectorInt8: int8(...vector),
});

test("only what passes the filter is learned, with this device's embedding", async () => {
  assert.deepEqual(await see("sea towel"), { stored: true });
  const [kept] = profile.interactions();
  assert.equal(kept.embedding, encodeEmbedding([1, 0, 0]));
  assert.equal("provenance" in kept.product, false);
});

test("malformed, sensitive, foreign or listing pages are not learned", async () => {
  const product = await productOf("sea towel");
  const attempt = (/** @type {object} */ changes, incognito = false) =>
    learn({ product: { ...product, ...changes }, kind: "view", incognito }, { profile, model: async () => model });
  assert.equal((await attempt({ verdict: "listing" })).reason, "listing");
  assert.match((await attempt({ title: 5 })).reason ?? "", /^invalid_product\/title/);
  assert.match((await attempt({ evil: 1 })).reason ?? "", /^invalid_product/);
  assert.equal((await attempt({ title: "Vape pen" })).reason, "sensitive_drugs");
  assert.equal((await attempt({}, true)).reason, "incognito");
  assert.equal((await see("sea mug", "view", "https://c.example/sea")).reason, "no_consent");
  assert.equal(profile.interactions().length, 0);
});

test("consent withdrawn while the towers were loading is respected", async () => {
  const slow = async () => {
    await profile.setConsent("a.example", false);
    return model;
  };
  const learned = await learn(
    { product: await productOf("sea towel"), kind: "view", incognito: false },
    { profile, model: slow },
  );
  assert.equal(learned.stored, false);
  assert.equal(profile.interactions().length, 0);
});

test("the server gets mode, shop, k, vector and space, as in the ledger", async () => {
  await see("sea towel");
  await recommendOwn({ shop: "b.example" }, { profile, model, server: serverAnswering([]) });
  assert.deepEqual(sent[0].body, {
    mode: "own",
    shop: "b.example",
    k: REQUESTED,
    vector: [1, 0, 0],
    space: "s1",
    include: ["vectors"],
  });
  assert.equal(profile.ledger()[0].body, JSON.stringify(sent[0].body));
});

test("k does not depend on what was seen and dismissed", async () => {
  await see("sea towel");
  for (let i = 0; i < 5; i += 1)
    await dismiss(await card(`night-${i}`, 0, [0, 1, 0]), { profile, model: async () => model });
  await recommendOwn({ shop: "b.example" }, { profile, model, server: serverAnswering([]) });
  assert.equal(sent[0].body.k, REQUESTED);
  assert.equal("filters" in sent[0].body, false);
});

test("without a history the server's first screen is shown in its order", async () => {
  const items = [await card("x", 0, [0, 1, 0]), await card("y", 0, [1, 0, 0])];
  const answer = await recommendOwn({ shop: "b.example" }, { profile, model, server: serverAnswering(items) });
  assert.deepEqual(sent[0].body, { mode: "own", shop: "b.example", k: REQUESTED });
  assert.equal(answer.basis, "first_screen");
  assert.deepEqual(
    answer.items.map(({ title }) => title),
    ["x", "y"],
  );
});

test("dismissed or seen items are not shown again, and reasons are given", async () => {
  await profile.setConsent("b.example", true);
  await see("sea towel");
  await see("seen", "view", "https://b.example/seen");
  const gone = await card("gone", 0.9, [1, 0, 0]);
  await dismiss(gone, { profile, model: async () => model });
  const items = [gone, await card("seen", 0.8, [1, 0, 0]), await card("left", 0.7, [1, 0, 0])];
  const answer = await recommendOwn({ shop: "b.example" }, { profile, model, server: serverAnswering(items) });
  assert.deepEqual(
    answer.items.map(({ title, why: reasons }) => [title, reasons]),
    [["left", ["sea towel"]]],
  );
});

test("a server that is not the shopper's own never gets the vector", async () => {
  await see("sea towel");
  await profile.changeSettings({ serverUrl: "https://recommendations.example" });
  await assert.rejects(recommendOwn({ shop: "b.example" }, { profile, model, server: serverAnswering([]) }), {
    code: "not_own_server",
  });
  assert.equal(sent.length, 0);
  await profile.changeSettings({ serverIsMine: true });
  const server = { ...serverAnswering([]), baseUrl: "https://recommendations.example" };
  await recommendOwn({ shop: "b.example" }, { profile, model, server });
  assert.equal(sent.length, 1);
});

test("a page is ranked on the device, what was seen left out", async () => {
  await see("sea towel");
  const listing = [];
  for (const title of ["night lamp", "oak bowl", "sea mug", "sea towel"]) {
    const { shop, itemId, url } = await productOf(title);
    listing.push({ shop, itemId, url, title });
  }
  const { items, basis } = await recommendPage({ shop: "a.example", listing }, { profile, model });
  assert.equal(basis, "taste");
  assert.equal(items[0].title, "sea mug");
  assert.deepEqual(items[0].why, ["sea towel"]);
  assert.ok(!items.some(({ title }) => title === "sea towel"));
  assert.deepEqual(profile.ledger(), []);
});

test("a near copy of a dismissed item falls behind, on a page and from a server", async () => {
  await see("oak bowl");
  await dismiss(await card("night lamp", 0, [0, 1, 0]), { profile, model: async () => model });
  const listing = [];
  for (const title of ["night rug", "sea mug"]) listing.push(await productOf(title));
  const quiet = { ...model, towers: { ...handTowers, embedUser: async () => Float32Array.of(0, 0, 1) } };
  const page = await recommendPage({ shop: "a.example", listing }, { profile, model: quiet });
  assert.deepEqual(
    page.items.map(({ title, score }) => [title, score]),
    [
      ["sea mug", 0],
      ["night rug", -1],
    ],
  );
  const items = [await card("night rug", 0.9, [0, 1, 0]), await card("sea mug", 0.1, [1, 0, 0])];
  const own = await recommendOwn({ shop: "b.example" }, { profile, model: quiet, server: serverAnswering(items) });
  assert.deepEqual(
    own.items.map(({ title }) => title),
    ["sea mug", "night rug"],
  );
});

test("the user tower gets how often things happened, and dismissals leave room for what was liked", async () => {
  await see("sea towel");
  await see("sea towel");
  for (let i = 0; i < 8; i += 1)
    await dismiss(await card(`night-${i}`, 0, [0, 1, 0]), { profile, model: async () => model });
  /** @type {any[]} */
  const asked = [];
  const embedUser = async (/** @type {any} */ history) => {
    asked.push(history);
    return Float32Array.of(1, 0, 0);
  };
  const small = {
    towers: { ...handTowers, embedUser },
    manifest: { ...manifestOf("s1"), interactions: { maxItems: 8 } },
  };
  await recommendOwn({ shop: "b.example" }, { profile, model: small, server: serverAnswering([]) });
  assert.deepEqual(asked[0].kinds, [5, 5, 0]);
  assert.deepEqual(asked[0].weights, [1, 1, 2]);
  assert.deepEqual(Array.from(asked[0].items[2]), [1, 0, 0]);
});

test("after a change of bundle the history is embedded anew from its text", async () => {
  await see("sea towel");
  const other = {
    towers: {
      ...handTowers,
      embedItems: async (/** @type {string[]} */ texts) => texts.map(() => Float32Array.of(0, 0, 1)),
    },
    manifest: manifestOf("s2"),
  };
  await recommendOwn({ shop: "b.example" }, { profile, model: other, server: serverAnswering([]) });
  assert.deepEqual(sent[0].body.vector, [0, 0, 1]);
  assert.equal(sent[0].body.space, "s2");
  assert.equal(profile.interactions()[0].space, "s2");
});

test("a second reason must be nearly as close, and of another title", () => {
  const liked = (/** @type {string} */ title, /** @type {number[]} */ ...embedding) => ({
    title,
    embedding: Float32Array.from(embedding),
  });
  const at = Float32Array.of(1, 0);
  assert.deepEqual(why(at, [liked("a", 0.9, 0), liked("b", 0.85, 0), liked("c", 0.84, 0)]), ["a", "b"]);
  assert.deepEqual(why(at, [liked("a", 0.9, 0), liked("a", 0.89, 0), liked("b", 0.5, 0)]), ["a"]);
  assert.deepEqual(why(at, [liked("far", 0.1, 0)]), []);
});

test("items are compared over what is known of both", () => {
  const share = Math.SQRT1_2;
  const withoutImage = Float32Array.of(share, 0, share);
  const withImage = Float32Array.of(share, share, 0);
  const otherWithoutImage = Float32Array.of(0, share, share);
  assert.ok(Math.abs(similarity(withoutImage, withImage, 2) - 1) < 1e-6, "the same text is the same text");
  assert.ok(
    Math.abs(similarity(withoutImage, otherWithoutImage, 2)) < 1e-6,
    "two missing images are nothing in common",
  );
  assert.ok(Math.abs(similarity(withoutImage, otherWithoutImage, undefined) - 0.5) < 1e-6);
});

/** Blocks of handTowers' three coordinates; a bundle whose own items lie along z, and count like two. @type {any} */
const metric = {
  rule: { file: "shop_metric.bin", lambda: 0.3, pseudoItems: 2, blocks: [{ start: 0, length: 3 }] },
  own: { mean: new Float64Array(3), covariances: [Float64Array.of(0.3, 0, 0, 0, 0.3, 0, 0, 0, 0.4)], counts: [0] },
};

test("the vector sent is centred by the mean of the shop where an item was seen", async () => {
  await see("sea towel");
  const mean = [0.2, 0, 0.6];
  await profile.keepShopMeans({
    serverUrl: "http://127.0.0.1:1",
    space: "s1",
    fetchedAt: new Date().toISOString(),
    shops: [{ shop: "a.example", count: 9, mean: encodeEmbedding(mean) }],
  });
  await recommendOwn(
    { shop: "b.example" },
    { profile, model: { ...model, metric }, server: serverAnswering([await card("x", 0.5, [0.8, 0, -0.6])]) },
  );
  const [x, y, z] = sent[0].body.vector;
  assert.ok(Math.abs(x - 0.8) < 1e-6 && y === 0 && Math.abs(z + 0.6) < 1e-6, `${x} ${y} ${z}`);
});

test("what is kept of an item does not depend on the shop's mean", async () => {
  await see("sea towel");
  await recommendOwn({ shop: "b.example" }, { profile, model: { ...model, metric }, server: serverAnswering([]) });
  assert.equal(profile.interactions()[0].embedding, encodeEmbedding([1, 0, 0]));
});

test("a page of one kind of goods is ranked by what differs on it", async () => {
  await see("sea towel", "view", "https://a.example/seen");
  await see("night lamp", "view", "https://a.example/other");
  const listing = [];
  for (const title of ["sea mug", "sea bowl", "sea cup", "oak chair"]) {
    const { shop, itemId, url } = await productOf(title);
    listing.push({ shop, itemId, url, title });
  }
  const { items } = await recommendPage({ shop: "a.example", listing }, { profile, model: { ...model, metric } });
  assert.equal(items.at(-1)?.title, "oak chair");
  // Without the metric "sea" on every card adds the same to all; with it, a card's cosine is in the page's own metric.
  assert.ok(items.every(({ score }) => Math.abs(score) <= 2));
  assert.deepEqual(items[0].why, ["sea towel"]);
});

/** @param {string[]} titles @param {Record<string, Record<string, unknown>>} [more] by title @returns {Promise<any>} a shelf of a.example */
async function shelfWith(titles, more = {}) {
  const layout = { dim: 3, blocks: [{ start: 0, length: 3 }] };
  const items = await Promise.all(titles.map((title) => item(title, [], more[title])));
  return {
    cards: cardsOf(items),
    ranker: createRanker(matrixOf([packed(await embedded(titles), layout)], layout), null),
  };
}
/** @param {any} shelf */
const shelfTitles = async (shelf) => {
  const { items } = await recommendShelf({ shop: "a.example", shelf }, { profile, model });
  return items.map(({ title }) => title);
};

test("a catalogue is ranked by taste, what was seen or dismissed left out, what is sold out last", async () => {
  await see("sea towel", "view", "https://a.example/sea-towel");
  const gone = { "sea cup": { availability: "OutOfStock" } };
  const shelf = await shelfWith(["oak bowl", "sea cup", "sea towel", "night rug", "sea mug"], gone);
  const titles = await shelfTitles(shelf);
  assert.equal(titles[0], "sea mug");
  assert.deepEqual([titles.length, titles.at(-1)], [4, "sea cup"]);
  await dismiss(shelf.cards.at(4), { profile, model: async () => model });
  assert.ok(!(await shelfTitles(shelf)).includes("sea mug"));
  assert.deepEqual(profile.ledger(), []);
});

test("of a large catalogue the best thirty are shown, with reasons", async () => {
  await see("sea towel");
  const titles = Array.from({ length: 400 }, (_, i) => `${i % 8 === 0 ? "sea" : "oak"} thing ${i}`);
  const { items, mode, basis } = await recommendShelf(
    { shop: "a.example", shelf: await shelfWith(titles) },
    { profile, model },
  );
  assert.deepEqual([items.length, mode, basis], [REQUESTED, "shelf", "taste"]);
  assert.ok(items.every(({ title }) => title.startsWith("sea")));
  assert.deepEqual(items[0].why, ["sea towel"]);
});

test("a near copy of a dismissed item falls behind in a catalogue, too", async () => {
  await see("oak bowl");
  await dismiss(await card("night lamp", 0, [0, 1, 0]), { profile, model: async () => model });
  const titles = await shelfTitles(await shelfWith(["night rug", "oak chair", "sea mug"]));
  assert.deepEqual([titles[0], titles[2]], ["oak chair", "night rug"]);
});

test("without a taste a first look is spread over what can be had", async () => {
  const titles = Array.from({ length: 90 }, (_, i) => `${["oak", "sea", "night"][i % 3]} thing ${i}`);
  const gone = Object.fromEntries(titles.slice(0, 30).map((title) => [title, { availability: "SoldOut" }]));
  const shelf = await shelfWith(titles, gone);
  const { items, basis } = await recommendShelf({ shop: "a.example", shelf }, { profile, model });
  assert.deepEqual([items.length, basis], [REQUESTED, "first_screen"]);
  assert.deepEqual(
    items.slice(0, 3).map(({ title }) => title),
    ["oak thing 30", "sea thing 31", "night thing 32"],
  );
});

test("what was seen is centred by the mean of the catalogue that this device read there", async () => {
  await see("sea towel");
  const mean = encodeEmbedding([0.2, 0, 0.6]);
  const shelf = {
    id: "0".repeat(32),
    shop: "a.example",
    origin: "https://a.example",
    space: "s1",
    kind: /** @type {const} */ ("shopify"),
    status: /** @type {const} */ ("read"),
    round: 1,
    startedAt: new Date().toISOString(),
    numItems: 0,
    parts: [],
    next: "",
  };
  await profile.keepShelf({ ...shelf, mean });
  await recommendOwn({ shop: "b.example" }, { profile, model: { ...model, metric }, server: serverAnswering([]) });
  const [x, y, z] = sent[0].body.vector;
  assert.ok(Math.abs(x - 0.8) < 1e-6 && y === 0 && Math.abs(z + 0.6) < 1e-6, `${x} ${y} ${z}`);
});

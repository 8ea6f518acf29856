// @ts-check
// A shelf is opened from what was made of it once it was read, from its parts where nothing was, and never from what does not fit it.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createShelfOpener } from "../../../extension/background/shelf-opener.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { idOf } from "../core/vault/disk.js";
import { Profile } from "../../../extension/core/profile.js";
import { partsOf } from "../../../extension/core/profile-records.js";
import { packed } from "../../../extension/core/shelf-matrix.js";
import { encodePart } from "../../../extension/shelf/parts.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { eventually } from "../fakes/waiting.js";

const SHOP = "a.example";
const blocks = [{ start: 0, length: 3 }];
const rule = { file: "metric.bin", lambda: 0.1, pseudoItems: 30, blocks };
const covariances = [Float64Array.of(0.3, 0, 0, 0, 0.3, 0, 0, 0, 0.4)];
/** @type {any} */
const model = {
  manifest: { space: "s1", dim: 3, shopMetric: rule, files: { "metric.bin": { sha256: "0a" } } },
  metric: { rule, own: { mean: new Float64Array(3), counts: [0], covariances } },
};
/** @type {any} */
const base = {
  id: idOf("shelf"),
  shop: SHOP,
  origin: `https://${SHOP}`,
  space: "s1",
  kind: "shopify",
  status: "read",
  round: 1,
  startedAt: new Date().toISOString(),
  numItems: 4,
  next: "",
};
/** @param {string} title */
const cardOf = (title) => ({ itemId: `id of ${title}`, url: `https://${SHOP}/${title}`, title });

let databases = 0;
/** @type {Profile} */
let profile;
/** @type {string[][]} ids of parts that were read */
let read;
beforeEach(async () => {
  profile = await Profile.open(new Vault({ name: `opener-${(databases += 1)}` }));
  await profile.setConsent(SHOP, true);
  read = [];
  const shelfParts = profile.shelfParts.bind(profile);
  profile.shelfParts = (ids) => {
    read.push(ids);
    return shelfParts(ids);
  };
});

const newOpener = (current = model) =>
  createShelfOpener({ getProfile: async () => profile, model: /** @type {any} */ ({ getModel: async () => current }) });
/** @returns {any} the shelf as it is kept */
const kept = () => profile.shelf(SHOP);
/** @param {any} shelf */
const titlesIn = (shelf) => shelf.cards.all().map((/** @type {any} */ { title }) => title);

/** Keep a shelf of two parts, in the second of which the mug was read again. @param {object} [more] of the record @param {any[]} [puts] */
async function keepShelf(more = {}, puts = []) {
  const contents = [
    { id: idOf("p1"), items: ["oak", "mug"], vectors: [[1, 0, 0], [0, 1, 0]] }, // prettier-ignore
    { id: idOf("p2"), items: ["rug", "mug"], vectors: [[0, 0, 1], [0.6, 0.8, 0]] }, // prettier-ignore
  ];
  const parts = contents.map(({ id }) => ({ id, numItems: 2, round: 1 }));
  await profile.keepShelf({ ...base, parts: [] });
  const bytes = contents.map(({ id, items, vectors }) => ({
    id,
    bytes: encodePart(
      { items: items.map(cardOf) },
      packed(
        vectors.map((vector) => Float32Array.from(vector)),
        { dim: 3, blocks },
      ),
    ),
  }));
  await profile.keepShelf({ ...base, parts, ...more }, { puts: [...bytes, ...puts] });
}

test("a shelf that was settled is opened from two pieces, with what its parts say", async () => {
  await keepShelf();
  await newOpener().settle(kept());
  const { ready, mean } = kept();
  assert.ok(mean);
  read = [];
  const shelf = await newOpener().open(kept());
  assert.deepEqual(read, [[ready.rankingId, ready.cardsId]]);
  assert.deepEqual(titlesIn(shelf), ["oak", "rug", "mug"]);
  // The mug is as it was read last.
  const [mug, rug] = [2, 1].map((row) => shelf.ranker.compared(row));
  assert.ok(mug[0] > 0.2 && rug[2] > 0.9, `${mug}, ${rug}`);
});

test("one worker opens a shelf once, even for two who ask together", async () => {
  await keepShelf();
  await newOpener().settle(kept());
  read = [];
  const opener = newOpener();
  const [one, two] = await Promise.all([opener.open(kept()), opener.open(kept())]);
  assert.equal(one, two);
  assert.equal(read.length, 1);
});

test("a shelf of an earlier version is opened from its parts, and made ready when its list is shown", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await keepShelf({ momentsId: idOf("m1"), mean: encodeEmbedding([0, 0, 0.5]) }, [
    { id: idOf("m1"), bytes: new Uint8Array(8) },
  ]);
  const shelf = await newOpener().open(kept());
  assert.deepEqual(read, [[idOf("p1"), idOf("p2")]]);
  assert.deepEqual(titlesIn(shelf), ["oak", "rug", "mug"]);
  assert.equal(kept().ready, undefined);
  t.mock.timers.tick(2000);
  await eventually(() => assert.ok(kept().ready));
  assert.equal(kept().momentsId, undefined);
  await assert.rejects(profile.shelfParts(["m1"]), { name: "EnvelopeError" });
  assert.equal((await profile.shelfParts(partsOf(kept()))).length, 4);
});

test("what was made of other parts or under another metric serves no more", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await keepShelf();
  await newOpener().settle(kept());
  const former = kept().ready;
  const changed = { ...model.manifest, files: { "metric.bin": { sha256: "0b" } } };
  read = [];
  await newOpener({ ...model, manifest: changed }).open(kept());
  await newOpener().open({ ...kept(), parts: kept().parts.slice(0, 1) });
  assert.deepEqual(
    read.filter(([first]) => first !== former.rankingId),
    [[idOf("p1"), idOf("p2")], [idOf("p1")]],
  );
  await newOpener({ ...model, manifest: changed }).settle(kept());
  assert.notDeepEqual(kept().ready, former);
  for (const id of [former.rankingId, former.cardsId])
    await assert.rejects(profile.shelfParts([id]), { name: "EnvelopeError" });
});

test("where what was made is gone, the parts serve", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await keepShelf();
  await newOpener().settle(kept());
  await profile.keepShelf(kept(), { deletes: [kept().ready.cardsId] });
  assert.deepEqual(titlesIn(await newOpener().open(kept())), ["oak", "rug", "mug"]);
});

test("a shelf that changed meanwhile is not made ready by what it was, and a deleted one is not made again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const change of [
    () => profile.keepShelf({ ...kept(), status: "reading" }),
    () => profile.keepShelf({ ...kept(), parts: kept().parts.slice(0, 1) }),
    () => profile.setConsent(SHOP, false),
  ]) {
    await profile.setConsent(SHOP, true);
    await keepShelf();
    await newOpener().open(kept());
    await change();
    t.mock.timers.tick(2000);
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
    assert.equal(kept()?.ready, undefined);
    if (kept()) await profile.deleteShelf(kept());
  }
});

test("a shelf of which a part was replaced since is opened as it is now", async () => {
  await keepShelf({ status: "reading" });
  const before = kept();
  const bytes = encodePart({ items: [cardOf("lamp")] }, packed([Float32Array.of(1, 0, 0)], { dim: 3, blocks }));
  const parts = [before.parts[0], { id: idOf("p3"), numItems: 1, round: 2 }];
  await profile.keepShelf({ ...before, round: 2, parts }, { puts: [{ id: idOf("p3"), bytes }], deletes: [idOf("p2")] });
  assert.deepEqual(titlesIn(await newOpener().open(before)), ["oak", "mug", "lamp"]);
});

// @ts-check
// What an import lets into the profile, and what it refuses.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { addImported, roomIn } from "../../../extension/core/importing.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { learn } from "../../../extension/core/recommender.js";
import { privacy } from "../../../extension/generated/contracts.js";
import { readExport } from "../../../extension/imports/own-file.js";
import { encodeEmbedding } from "../../../extension/values/encoding.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { NO_SHOP } from "../../../extension/values/imports.js";
import { handTowers } from "../fakes/towers.js";

const NOON = Date.parse("2026-03-01T12:00:00Z");
const DAY = 86_400_000;
/** Items have their text in the first two numbers and an image in the third; the filler is the fourth. @type {any} */
const manifest = {
  space: "s1",
  dim: 4,
  filler: 3,
  lite: { textBlock: { start: 0, share: 0.64 } },
  text: { itemText: { fields: ["title"], separator: ". ", maxChars: 64 }, table: { dim: 2 } },
  interactions: { maxItems: 100 },
};
/** @type {any} x for sea, y for night */
const towers = {
  ...handTowers,
  embedItems: async (/** @type {string[]} */ texts) =>
    texts.map((text) => Float32Array.of(/sea/.test(text) ? 0.8 : 0, /night/.test(text) ? 0.8 : 0, 0, 0.6)),
};
let databases = 0;
/** @type {Profile} */
let profile;
/** @type {Parameters<typeof addImported>[2]} */
let on;
async function openAnew() {
  profile = await Profile.open(new Vault({ name: `importing-${(databases += 1)}` }), { now: () => NOON });
  on = { profile, model: async () => ({ towers, manifest }), now: NOON };
}
beforeEach(openAnew);

/** @param {string} title @param {object} [more] @returns {any} a row */
const row = (title, more) => ({
  kind: "wishlist",
  title,
  url: `https://a.example/${title.replaceAll(" ", "-")}`,
  ...more,
});
/** @param {any[]} rows @param {"file" | "listed"} [rule] */
const add = (rows, rule = "file") => addImported(rows, rule, on);

test("a row becomes an interaction of now, with this device's embedding", async () => {
  const { ids, refused } = await add([row("sea mug", { brand: "Ufer" })]);
  assert.deepEqual(refused, []);
  const [kept] = profile.interactions();
  assert.deepEqual([kept.id, kept.kind, kept.weight, kept.space], [ids[0], "wishlist", 1, "s1"]);
  assert.equal(kept.time, new Date(NOON).toISOString());
  assert.equal(kept.embedding, encodeEmbedding([0.8, 0, 0, 0.6]));
  const url = "https://a.example/sea-mug";
  assert.deepEqual(kept.product, {
    shop: "a.example",
    itemId: await itemIdOf(url),
    url,
    title: "sea mug",
    brand: "Ufer",
  });
});

test("a row without an address belongs to no shop, and one name is one thing", async () => {
  const { ids, refused } = await add([row("sea mug", { url: undefined }), row("Sea  mug", { url: undefined })]);
  assert.deepEqual([ids.length, refused], [1, [{ reason: "already_known", count: 1 }]]);
  const [{ product }] = profile.interactions();
  assert.equal(product.shop, NO_SHOP);
  assert.ok(!product.url.includes("mug"));
});

test("every refused row is counted under its reason", async () => {
  const { ids, refused } = await add([
    row("sea mug"),
    row("", { url: "https://a.example/1" }),
    row("x", { url: "mailto:a@b.example" }),
    row("x", { kind: "look" }),
    row("x", { time: "yesterday" }),
    row("x", { images: ["data:image/png;base64,AA"] }),
    row("old", { time: new Date(NOON - (privacy.retentionDays + 1) * DAY).toISOString() }),
    row("order", { url: "https://a.example/account/orders/1" }),
    row("mail", { url: "https://a.example/jane@mail.example" }),
    row("vape pen"),
    row("sea mug"),
  ]);
  assert.equal(ids.length, 1);
  assert.deepEqual(Object.fromEntries(refused.map(({ reason, count }) => [reason, count])), {
    no_title: 1,
    invalid: 4,
    too_old: 1,
    private: 2,
    sensitive: 1,
    already_known: 1,
  });
});

test("of a page only what the shop's consent covers is kept", async () => {
  const rows = [row("sea mug"), row("night lamp", { url: "https://b.example/lamp" })];
  await profile.setConsent("a.example", true);
  const { ids, refused } = await add(rows, "listed");
  assert.deepEqual([ids.length, refused], [1, [{ reason: "no_consent", count: 1 }]]);
});

test("while learning is paused nothing is kept, also where it was paused meanwhile", async () => {
  on.model = async () => {
    await profile.changeSettings({ paused: true });
    return { towers, manifest };
  };
  for (let round = 0; round < 2; round += 1)
    assert.deepEqual(await add([row("a sea"), row("b sea")]), { ids: [], refused: [{ reason: "paused", count: 2 }] });
  assert.deepEqual(profile.interactions(), []);
});

test("personal data in words is removed before anything is kept", async () => {
  await add([row("sea mug for jane@mail.example", { url: undefined })]);
  assert.equal(profile.interactions()[0].product.title, "sea mug for [removed]");
});

test("an import fills the room that is left, its newest first, and nothing that was known is lost", async () => {
  const at = (/** @type {number} */ minutes) => new Date(NOON - minutes * 60_000).toISOString();
  const many = (/** @type {string} */ name, /** @type {number} */ num, /** @type {number} */ from) =>
    Array.from({ length: num }, (_, i) => row(`${name} ${i}`, { time: at(from + i) }));
  await add(many("own", privacy.maxInteractions - 2, 100));
  const own = profile.interactions().map(({ id }) => id);
  assert.equal(roomIn(profile), 2);
  const { ids, refused } = await add([...many("older", 3, 5000), ...many("newer", 1, 0), row("undated")]);
  assert.deepEqual([ids.length, refused], [2, [{ reason: "no_room", count: 3 }]]);
  const kept = profile.interactions();
  const titles = kept.map(({ product }) => product.title);
  assert.ok(titles.includes("newer 0") && titles.includes("undated"));
  const left = new Set(kept.map(({ id }) => id));
  assert.deepEqual(
    own.filter((id) => !left.has(id)),
    [],
  );
  assert.deepEqual((await add([row("one more")])).refused, [{ reason: "no_room", count: 1 }]);
});

test("what is looked at while an import reads its words keeps its place", async () => {
  const first = Array.from({ length: privacy.maxInteractions - 1 }, (_, i) => row(`own ${i}`));
  await add(first);
  const { model } = on;
  on.model = async () => {
    on.model = model;
    await add([row("looked at")]);
    return model();
  };
  assert.deepEqual(await add([row("late")]), { ids: [], refused: [{ reason: "no_room", count: 1 }] });
  assert.ok(profile.interactions().some(({ product }) => product.title === "looked at"));
});

test("a time in the future is now", async () => {
  await add([row("sea mug", { time: "2031-01-01T00:00:00Z" })]);
  assert.equal(profile.interactions()[0].time, new Date(NOON).toISOString());
});

test("an export that is imported again gives the same interactions, and a second time nothing", async () => {
  await profile.setConsent("a.example", true);
  const url = "https://a.example/sea-mug";
  const product = {
    shop: "a.example",
    itemId: await itemIdOf(url),
    url,
    verdict: "product",
    title: "sea mug",
    description: "For the sea.",
    brand: "Ufer",
    categoryPath: ["Home", "Mugs"],
    attributes: { color: "navy" },
    images: ["https://img.example/1.jpg"],
    price: { amount: "5.00", currency: "EUR", amountText: "5,00 €" },
    provenance: { url: "url" },
  };
  await learn({ product, kind: "cart", incognito: false }, on);
  await add([row("night lamp", { kind: "dismiss", weight: 3, time: new Date(NOON - DAY).toISOString() })]);
  // As an image would have made it: the text's block with something beside it.
  const seen = profile.interactions().find(({ kind }) => kind === "cart");
  await profile.replaceEmbedding(seen?.id ?? "", "s1", encodeEmbedding([0.8, 0, 0.6, 0]));
  const text = JSON.stringify(profile.export());
  const plain = () => profile.interactions().map(({ id, ...rest }) => rest);
  const before = plain();
  await profile.erase();
  await openAnew();
  assert.equal((await add(readExport(text).rows)).ids.length, 2);
  assert.deepEqual(plain(), before);
  assert.deepEqual(await add(readExport(text).rows), { ids: [], refused: [{ reason: "already_known", count: 2 }] });
  assert.deepEqual(plain(), before);
});

for (const [what, embedding, space] of /** @type {[string, number[], string][]} */ ([
  ["of other words", [0, 0.8, 0.6, 0], "s1"],
  ["of another length", [0.8, 0.6], "s1"],
  ["that is no unit", [8, 0, 6, 0], "s1"],
  ["that is no number", [0.8, 0, Number.NaN, 0], "s1"],
  ["of another space", [0.8, 0, 0.6, 0], "s2"],
]))
  test(`an embedding ${what} is made anew`, async () => {
    await add([row("sea mug", { space, embedding: encodeEmbedding(embedding) })]);
    const [kept] = profile.interactions();
    assert.deepEqual([kept.space, kept.embedding], ["s1", encodeEmbedding([0.8, 0, 0, 0.6])]);
  });

test("a page of a shop whose consent is withdrawn while its words are read adds nothing", async () => {
  await profile.setConsent("a.example", true);
  const embedItems = async (/** @type {string[]} */ texts) => {
    await profile.setConsent("a.example", false);
    return towers.embedItems(texts);
  };
  on.model = async () => ({ towers: { ...towers, embedItems }, manifest });
  const { ids, refused } = await add([row("sea mug")], "listed");
  assert.deepEqual([ids, refused], [[], [{ reason: "no_consent", count: 1 }]]);
  assert.deepEqual(profile.interactions(), []);
});

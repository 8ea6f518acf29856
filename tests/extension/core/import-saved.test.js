// @ts-check
// What a copy's saved things may bring into the profile.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { addSaved } from "../../../extension/core/import-saved.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { savedIn, savedThings } from "../../../extension/core/saved.js";
import { itemIdOf } from "../../../extension/values/identity.js";

const NOON = Date.parse("2026-03-01T12:00:00Z");
let databases = 0;
/** @type {Profile} */
let profile;
beforeEach(async () => {
  profile = await Profile.open(new Vault({ name: `import-saved-${(databases += 1)}` }), { now: () => NOON });
});

/** @param {string} title @param {object} [more] @returns {any} a row */
const row = (title, more) => ({
  savedAt: "2026-02-03T10:20:30.000Z",
  card: { itemId: "", url: `https://a.example/${title.replaceAll(" ", "-")}`, title, ...more },
});
/** @param {any[]} rows */
const add = (rows) => addSaved(rows, { profile, now: NOON });

test("a saved thing of a copy is kept as it was, under the id that its address gives it", async () => {
  const price = { amount: "19.90", currency: "EUR" };
  const more = {
    itemId: "of another",
    brand: "Ufer",
    image: "https://img.example/i.jpg",
    price,
    availability: "InStock",
  };
  const { savedIds, reasons } = await add([row("sea mug", more)]);
  assert.deepEqual(reasons, []);
  const [{ id, savedAt, shop, card }] = savedIn(profile);
  assert.deepEqual([savedIds, savedAt, shop], [[id], "2026-02-03T10:20:30.000Z", "a.example"]);
  const url = "https://a.example/sea-mug";
  assert.deepEqual(card, { ...more, itemId: await itemIdOf(url), url, title: "sea mug" });
});

test("what cannot be, what is never kept, and what is saved already are refused under their reasons", async () => {
  const { savedIds, reasons } = await add([
    row("sea mug"),
    row("sea mug"),
    row(""),
    row("no address", { url: "mailto:a@b.example" }),
    row("no price", { price: { amount: "much" } }),
    row("no state", { availability: "Perhaps" }),
    { ...row("no time"), savedAt: "yesterday" },
    row("an order", { url: "https://a.example/account/orders/7" }),
    row("Pregnancy test"),
  ]);
  assert.equal(savedIds.length, 1);
  assert.deepEqual(reasons, [
    "already_known",
    "invalid",
    "invalid",
    "invalid",
    "invalid",
    "invalid",
    "private",
    "sensitive",
  ]);
});

test("personal data in words goes, and a time in the future is now", async () => {
  const { card: told } = row("mug for anna@mail.example", { url: "https://a.example/mug" });
  await add([{ card: told, savedAt: "2027-01-01T00:00:00Z" }]);
  const [{ card, savedAt }] = savedIn(profile);
  assert.doesNotMatch(card.title, /anna/);
  assert.equal(savedAt, "2026-03-01T12:00:00.000Z");
});

test("while learning is paused nothing of a copy is saved, also where it was paused meanwhile", async () => {
  const adding = add([row("sea mug"), row("oak bowl")]);
  await profile.changeSettings({ paused: true });
  assert.deepEqual(await adding, { savedIds: [], reasons: ["paused", "paused"] });
  assert.deepEqual(await add([row("sea mug")]), { savedIds: [], reasons: ["paused"] });
  assert.deepEqual(savedIn(profile), []);
});

test("what of a copy is being read when everything is erased is saved nowhere", async () => {
  const adding = add([row("sea mug")]);
  const erased = profile.erase();
  await assert.rejects(adding, { code: "erased" });
  await erased;
});

test("a copy fills the list up to a thousand things", async () => {
  const { savedIds, reasons } = await add(Array.from({ length: 1002 }, (_, i) => row(`sea mug no ${i}`)));
  assert.deepEqual([savedIds.length, reasons], [1000, ["no_room", "no_room"]]);
});

test("a saved thing names the wish-list interactions with it, and no others", async () => {
  await add([row("sea mug"), row("oak bowl")]);
  for (const [kind, title] of /** @type {const} */ ([
    ["wishlist", "sea-mug"],
    ["view", "sea-mug"],
    ["wishlist", "lamp"],
  ])) {
    const url = `https://a.example/${title}`;
    const product = { shop: "a.example", itemId: await itemIdOf(url), url, title };
    await profile.addInteraction({ product, kind, space: "s", embedding: "AACAPw==" });
  }
  const wishes = profile
    .interactions()
    .filter(({ kind, product }) => kind === "wishlist" && product.title === "sea-mug");
  const found = Object.fromEntries(savedThings(profile).map(({ title, ids }) => [title, ids]));
  assert.deepEqual(found, { "sea mug": wishes.map(({ id }) => id), "oak bowl": [] });
});

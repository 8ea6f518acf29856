// @ts-check
// What is kept from before an update of the filter's rules: looked at again once, removed, counted by reason, and never named.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { droppedIn } from "../../../extension/core/dropped.js";
import { RULES_ID, applyNewRules, removedIn } from "../../../extension/core/rules-update.js";
import { Profile } from "../../../extension/core/profile.js";
import { savedIn } from "../../../extension/core/saved.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { idOf, onDisk } from "./vault/disk.js";

const SHOP = "a.example";
/** @param {string} title @param {string} [path] */
const product = (title, path = "p") => ({
  shop: SHOP,
  itemId: `id of ${title}`,
  url: `https://${SHOP}/${path}/${title.replaceAll(" ", "-")}`,
  title,
});

let databases = 0;
let database = "";
/** @type {Profile} */
let profile;
beforeEach(async () => {
  database = `rules-${(databases += 1)}`;
  await reopened();
});

/** @param {string} title @param {string} [path] */
const look = (title, path) =>
  profile.addInteraction({ product: product(title, path), kind: "view", space: "s", embedding: "" });
/** @param {string} title */
const save = (title) => {
  const { shop, ...card } = product(title);
  const id = idOf(`saved ${title}`);
  return profile.changeOthers([{ kind: "saved", id, value: { id, savedAt: "2026-01-02T03:04:05.000Z", shop, card } }]);
};
const titles = () =>
  profile
    .interactions()
    .map((one) => one.product.title)
    .sort();
const reopened = async () => (profile = await Profile.open(new Vault({ name: database })));

test("sensitive things and private pages that were kept before go, with what was saved, and are counted", async () => {
  for (const title of ["oak mug", "sea vape", "night vape", "olive rosary"]) await look(title);
  await look("sea towel", "warenkorb");
  await save("oak bowl");
  await save("clinic condoms");
  await profile.addToLedger({ method: "GET", url: product("sea vape").url, body: "" });
  await applyNewRules(profile);
  await reopened();
  assert.deepEqual(titles(), ["oak mug"]);
  assert.deepEqual(
    savedIn(profile).map(({ card }) => card.title),
    ["oak bowl"],
  );
  assert.deepEqual(removedIn(profile), [
    { reason: "drugs", count: 2 },
    { reason: "private_path", count: 1 },
    { reason: "religion", count: 1 },
    { reason: "sexuality", count: 1 },
  ]);
  assert.deepEqual(droppedIn(profile), []);
  const kept = JSON.stringify([profile.others("filter_rules"), profile.export()]);
  for (const word of ["vape", "rosary", "condoms", "warenkorb"]) assert.ok(!kept.includes(word), word);
});

test("the same rules are not applied again, others are, and the counts add up", async () => {
  await look("oak mug");
  await applyNewRules(profile);
  await look("sea vape");
  await applyNewRules(await reopened());
  assert.deepEqual(titles(), ["oak mug", "sea vape"]);
  await profile.changeOthers([
    { kind: "filter_rules", id: RULES_ID, value: { version: "of before", removed: { drugs: 4 } } },
  ]);
  await applyNewRules(await reopened());
  assert.deepEqual(titles(), ["oak mug"]);
  assert.deepEqual(removedIn(profile), [{ reason: "drugs", count: 5 }]);
});

test("what the shopper allows for themselves stays", async () => {
  await look("sea vape");
  await look("olive rosary");
  await profile.changeSettings({ filter: { categories: ["drugs"] } });
  await applyNewRules(profile);
  assert.deepEqual(titles(), ["sea vape"]);
});

test("a profile that holds nothing is not created by being looked at", async () => {
  await applyNewRules(profile);
  assert.equal((await onDisk(database)).identity, undefined);
});

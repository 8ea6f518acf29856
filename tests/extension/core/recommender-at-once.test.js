// @ts-check
// What the shopper changes while a taste is worked out or a product learned: what was allowed when it began may not be any more.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { learn, recommendOwn } from "../../../extension/core/recommender.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { handTowers } from "../fakes/towers.js";

const SERVER = "http://127.0.0.1:1";
/** @type {any} */
const model = {
  towers: handTowers,
  manifest: {
    space: "s1",
    dim: 3,
    text: { itemText: { fields: ["title"], separator: ". ", maxChars: 64 } },
    interactions: { maxItems: 100 },
  },
};
let databases = 0;
/** @type {Profile} */
let profile;
/** @type {object[]} */
let sent;
/** @type {any} */
const server = { baseUrl: SERVER, recommend: async (/** @type {object} */ body) => void sent.push(body) };
beforeEach(async () => {
  profile = await Profile.open(new Vault({ name: `at-once-${(databases += 1)}` }));
  await profile.changeSettings({ serverUrl: SERVER });
  await profile.setConsent("a.example", true);
  sent = [];
});

const url = "https://a.example/sea-towel";
/** Learn the sea towel. @param {any} on its model */
const see = async (on = model) => {
  const product = {
    shop: "a.example",
    itemId: await itemIdOf(url),
    url,
    verdict: "product",
    title: "sea towel",
    provenance: { url: "url" },
  };
  return learn({ product, kind: "view", incognito: false }, { profile, model: async () => on });
};

for (const [what, change] of /** @type {[string, () => Promise<unknown>][]} */ ([
  ["was left", () => profile.changeSettings({ serverUrl: "http://127.0.0.1:2" })],
  ["is asked no more", () => profile.changeSettings({ mode: "page" })],
  ["was erased with everything", () => profile.erase()],
])) {
  test(`a server that ${what} while the taste was worked out gets no vector`, async () => {
    await see();
    const embedUser = async (/** @type {any} */ history) => {
      await change();
      return model.towers.embedUser(history);
    };
    const slow = { ...model, towers: { ...model.towers, embedUser } };
    const asked = recommendOwn({ shop: "b.example" }, { profile, model: slow, server });
    await assert.rejects(asked, { code: "not_own_server" });
    assert.deepEqual(sent, []);
  });
}

test("what is learned while the consent is being withdrawn is not kept", async () => {
  /** @type {Promise<unknown> | undefined} */
  let withdrawn;
  // It is asked for, and not yet written, when the towers answer.
  const embedItems = async (/** @type {string[]} */ texts) => {
    const embeddings = await model.towers.embedItems(texts);
    withdrawn = profile.setConsent("a.example", false);
    return embeddings;
  };
  const slow = { ...model, towers: { ...model.towers, embedItems } };
  const learned = await see(slow);
  await withdrawn;
  assert.equal(learned.stored, false);
  assert.deepEqual(profile.interactions(), []);
});

// @ts-check
// Products learned by text and image, with towers whose answers can be worked out by hand.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Vault } from "../../../extension/core/vault/vault.js";
import { pool } from "../../../extension/core/pooling.js";
import { Profile } from "../../../extension/core/profile.js";
import { cardsOf } from "../../../extension/core/catalogue-cards.js";
import { learn, recommendPage, recommendShelf } from "../../../extension/core/recommender.js";
import { decodeEmbedding } from "../../../extension/values/encoding.js";
import { CarryoverError } from "../../../extension/values/errors.js";
import { itemIdOf } from "../../../extension/values/identity.js";

const POOLING = {
  kindWeights: [1, 1, 1, 1, 1, -0.03],
  halfLifeDays: 30,
  halfLifeItems: 30,
  repeatExponent: 0.5,
  maxDismissShare: 0.15,
  filler: 4,
};
const BLOCKS = [
  { start: 0, length: 2 },
  { start: 2, length: 2 },
];

/** Two coordinates of the text, two of the image, the filler. @param {string[]} texts */
const embedItems = async (texts) =>
  texts.map((text) => Float32Array.of(/sea/.test(text) ? 0.6 : 0, /sea/.test(text) ? 0 : 0.6, 0, 0, 0.8));

/** @param {object} [changes] of the towers @param {object} [lite] */
const modelOf = (changes = {}, lite = { textBlock: { start: 0, share: 0.36 }, image: {} }) =>
  /** @type {any} */ ({
    towers: {
      embedItems,
      embedUser: async (/** @type {any} */ history) => pool(history, POOLING, 5),
      embedSeen: async (/** @type {string} */ text) => {
        const [[sea, other]] = await embedItems([text]);
        return Float32Array.of(sea, other, 0, 0.8, 0);
      },
      ...changes,
    },
    manifest: {
      space: "s1",
      dim: 5,
      filler: 4,
      lite,
      text: { table: { dim: 2 }, itemText: { fields: ["title"], separator: ". ", maxChars: 64 } },
      interactions: { maxItems: 100 },
    },
    metric: {
      rule: { lambda: 0.3, pseudoItems: 1, blocks: BLOCKS },
      own: {
        mean: new Float64Array(5),
        covariances: [Float64Array.of(0.5, 0, 0, 0.5), Float64Array.of(0.5, 0, 0, 0.5)],
        counts: [0, 0],
      },
    },
  });

let databases = 0;
/** @type {Profile} */
let profile;
/** A profile on a clock of its own: things of one millisecond have no order. @returns {Promise<Profile>} */
function newProfile() {
  let now = Date.now();
  return Profile.open(new Vault({ name: `seen-images-${(databases += 1)}` }), { now: () => (now += 1000) });
}

beforeEach(async () => {
  profile = await newProfile();
  await profile.setConsent("a.example", true);
});

/**
 * @param {string} title
 * @param {object} [how]
 * @param {any} [how.model]
 * @param {(url: string) => Promise<string>} [how.readImage]
 * @param {object} [how.fields] of the product
 * @param {boolean} [how.incognito]
 */
async function see(title, { model = modelOf(), readImage, fields = {}, incognito = false } = {}) {
  const url = `https://a.example/${title.replaceAll(" ", "-")}`;
  const product = {
    shop: "a.example",
    itemId: await itemIdOf(url),
    url,
    verdict: "product",
    title,
    images: ["https://cdn.example/1.jpg", "https://cdn.example/2.jpg"],
    provenance: { url: "url" },
    ...fields,
  };
  return learn(
    { product, kind: "view", incognito, ...(readImage && { readImage }) },
    { profile, model: async () => model },
  );
}

/** @returns {number[]} of the newest interaction */
const newest = () => [...decodeEmbedding(profile.interactions()[0].embedding)].map((value) => Number(value.toFixed(6)));

/** A reader of images that notes what it is asked for. @param {() => Promise<string>} [answer] */
function reader(answer = async () => "aW1n") {
  /** @type {string[]} */
  const asked = [];
  return {
    asked,
    readImage: async (/** @type {string} */ url) => {
      asked.push(url);
      return answer();
    },
  };
}

test("a product is learned by its text and its first image, once read", async () => {
  const { asked, readImage } = reader();
  assert.deepEqual(await see("sea towel", { readImage }), { stored: true });
  assert.deepEqual(newest(), [0.6, 0, 0, 0.8, 0]);
  await see("sea towel", { readImage });
  assert.deepEqual(asked, ["https://cdn.example/1.jpg"]);
  assert.deepEqual(newest(), [0.6, 0, 0, 0.8, 0], "the second view keeps what is known of the image");
  assert.ok(!JSON.stringify(profile.export()).includes("aW1n"), "the image itself is not kept");
});

test("a new text of an item comes into the place of the old one", async () => {
  const { asked, readImage } = reader();
  await see("sea towel", { readImage });
  await see("sea towel", { readImage, fields: { title: "night towel" } });
  assert.deepEqual(newest(), [0, 0.6, 0, 0.8, 0]);
  assert.equal(asked.length, 1);
});

test("without the option nothing asks for an image", async () => {
  await see("sea towel");
  assert.deepEqual(newest(), [0.6, 0, 0, 0, 0.8]);
});

const gone = async () => {
  throw new CarryoverError("page_not_visible", "This page did not answer.");
};
const unreadable = async () => {
  throw new CarryoverError("image_unreadable", "The image could not be decoded.");
};
for (const [name, how] of /** @type {[string, any][]} */ ([
  ["the image cannot be had", reader(async () => "")],
  ["the shopper has left the page", reader(gone)],
  ["the image cannot be decoded", { ...reader(), model: modelOf({ embedSeen: unreadable }) }],
  ["the bundle has no image tower", { ...reader(), model: modelOf({}, /** @type {any} */ ({})) }],
  ["the product has no image", { ...reader(), fields: { images: [] } }],
])) {
  test(`where ${name} a product is learned by its text`, async () => {
    assert.deepEqual(await see("sea towel", how), { stored: true });
    assert.deepEqual(newest(), [0.6, 0, 0, 0, 0.8]);
  });
}

test("an error that nobody foresaw is not hidden", async () => {
  const broken = async () => {
    throw new TypeError("a fault");
  };
  await assert.rejects(see("sea towel", { ...reader(), model: modelOf({ embedSeen: broken }) }), TypeError);
});

for (const [name, change] of /** @type {[string, any][]} */ ([
  ["sensitive", { fields: { title: "Vape pen" } }],
  ["seen in a private window", { incognito: true }],
  ["of another shop", { fields: { shop: "b.example", url: "https://b.example/x" } }],
  ["not a product", { fields: { verdict: "listing" } }],
])) {
  test(`no image is asked for of what is ${name}`, async () => {
    const { asked, readImage } = reader();
    assert.equal((await see("sea towel", { readImage, ...change })).stored, false);
    assert.deepEqual(asked, []);
  });
}

test("consent that is withdrawn while the towers load keeps the image from being asked for", async () => {
  const { asked, readImage } = reader();
  const model = modelOf();
  const { stored } = await learn(
    {
      product: {
        shop: "a.example",
        itemId: await itemIdOf("https://a.example/sea"),
        url: "https://a.example/sea",
        verdict: "product",
        title: "sea",
        images: ["https://cdn.example/1.jpg"],
        provenance: { url: "url" },
      },
      kind: "view",
      incognito: false,
      readImage,
    },
    {
      profile,
      model: async () => {
        await profile.changeSettings({ paused: true });
        return model;
      },
    },
  );
  assert.deepEqual([stored, asked], [false, []]);
});

test("consent that is withdrawn while the image is read is respected", async () => {
  const { readImage } = reader(async () => {
    await profile.setConsent("a.example", false);
    return "aW1n";
  });
  assert.equal((await see("sea towel", { readImage })).stored, false);
  assert.deepEqual(profile.interactions(), []);
});

test("images of what was seen change nothing where a page's cards have none", async () => {
  const listing = await Promise.all(
    ["sea mug", "night lamp", "sea bowl", "oak stool"].map(async (title) => {
      const url = `https://b.example/${title.replaceAll(" ", "-")}`;
      return { shop: "b.example", itemId: await itemIdOf(url), url, title };
    }),
  );
  const ranked = async () => {
    const { items } = await recommendPage({ shop: "b.example", listing }, { profile, model: modelOf() });
    return items.map(({ title, score, why }) => [title, Number(score.toFixed(5)), why]);
  };
  for (const title of ["sea towel", "oak chair", "sea rug"]) await see(title);
  const alone = await ranked();
  profile = await newProfile();
  await profile.setConsent("a.example", true);
  for (const title of ["sea towel", "oak chair", "sea rug"]) await see(title, title === "sea rug" ? {} : reader());
  assert.deepEqual(await ranked(), alone);
});

for (const [name, counts, image] of /** @type {[string, number[], number][]} */ ([
  ["without images", [3, 0], 0],
  ["with images", [3, 2], 1],
])) {
  test(`a catalogue ${name} is asked for what its items know`, async () => {
    await see("sea towel", reader());
    /** @type {Float32Array[]} */
    const users = [];
    const ranker = {
      counts,
      mean: null,
      compared: () => new Float32Array(5),
      scores(/** @type {Float32Array} */ user) {
        users.push(user);
        return Float64Array.of(0);
      },
    };
    const items = [{ itemId: "0123456789abcdef", url: "https://b.example/mug", title: "sea mug" }];
    const shelf = /** @type {any} */ ({ cards: cardsOf(items), ranker });
    await recommendShelf({ shop: "b.example", shelf }, { profile, model: modelOf() });
    assert.deepEqual([users.length, Math.sign(users[0][0]), Math.sign(users[0][3])], [1, 1, image]);
  });
}

// @ts-check
// What is left on the disk after something was removed from the profile.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { decrypt } from "../../../extension/core/envelope.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { idOf, onDisk } from "./vault/disk.js";
import { Profile } from "../../../extension/core/profile.js";

const NOON = Date.parse("2026-03-01T12:00:00Z");
const SERVER = "http://127.0.0.1:8710/v1/recommendations";
let databases = 0;
let now = NOON;
/** @type {Vault} */
let vault;
let database = "";
/** @type {Profile} */
let profile;
beforeEach(async () => {
  now = NOON;
  database = `removal-${(databases += 1)}`;
  vault = new Vault({ name: database });
  profile = await Profile.open(vault, { now: () => (now += 1000) });
});

/** @param {string} name @param {import("../../../extension/core/profile.js").Kind} [kind] @param {string} [shop] */
const see = (name, kind = "view", shop = "a.example") =>
  profile.addInteraction({
    product: {
      shop,
      itemId: name.padEnd(16, "0"),
      url: `https://${shop}/p/${name}`,
      title: `The ${name}`,
      images: [`https://img.example/${name}.jpg`],
    },
    kind,
    space: "s",
    embedding: "AACAPw==",
  });
/** @param {string} url @param {string} [body] */
const request = (url, body = "") => profile.addToLedger({ method: body ? "POST" : "GET", url, body });
/** @param {string} name @returns {(one: import("../../../extension/core/profile.js").Interaction) => boolean} */
const named = (name) => (one) => one.product.title === `The ${name}`;

/** @returns {Promise<string>} every record on the disk, decrypted with the key that lies beside them */
async function textOnDisk() {
  const { identity, records } = await onDisk(database);
  assert.ok(identity);
  const texts = records.map(async (/** @type {any} */ { id, kind, envelope }) => {
    const purpose = `${kind}/${id}`;
    const plain = await decrypt(identity.dataKey, envelope, { profileId: identity.profileId, purpose });
    return `${id} ${new TextDecoder().decode(plain)}`;
  });
  return (await Promise.all(texts)).join("\n");
}

test("what was removed is nowhere on the disk, in no record and no request", async () => {
  await see("mug");
  await see("bowl");
  await request("https://img.example/mug.jpg");
  await request("https://img.example/bowl.jpg");
  await request(SERVER, '{"mode":"own","vector":[0.123456]}');
  await profile.removeInteractions(named("mug"));
  const left = await textOnDisk();
  assert.doesNotMatch(left, /mug|0\.123456/);
  assert.match(left, /The bowl/);
  assert.match(left, /bowl\.jpg/);
  assert.deepEqual(
    profile.ledger().map(({ method, url, body, isShortened }) => [method, url, body, isShortened]),
    [
      ["POST", SERVER, "", true],
      ["GET", "https://img.example/bowl.jpg", "", undefined],
      ["GET", "https://img.example/", "", true],
    ],
  );
});

test("a request that names a removed item in its body or address is shortened", async () => {
  await see("mug");
  await request(`https://b.example/like/${"mug".padEnd(16, "0")}`);
  await request("https://b.example/context", '{"url":"https://a.example/p/mug"}');
  await request("https://b.example/context", '{"url":"https://a.example/p/mug-tree"}');
  await request("https://a.example/p/mug-tree");
  await profile.removeInteractions(named("mug"));
  assert.deepEqual(
    profile.ledger().map(({ url, body }) => [url, body]),
    [
      ["https://a.example/p/mug-tree", ""],
      ["https://b.example/context", '{"url":"https://a.example/p/mug-tree"}'],
      ["https://b.example/context", ""],
      ["https://b.example/", ""],
    ],
  );
});

test("an item of which another interaction is left stays in the ledger", async () => {
  await see("mug");
  await see("mug", "wishlist");
  await request("https://img.example/mug.jpg");
  await request(SERVER, '{"vector":[1]}');
  await profile.removeInteractions((one) => one.kind === "wishlist");
  assert.ok(profile.ledger().every(({ isShortened }) => !isShortened));
  assert.equal(profile.ledger()[1].url, "https://img.example/mug.jpg");
  await profile.removeInteractions(named("mug"));
  assert.ok(profile.ledger().every(({ isShortened }) => isShortened));
});

test("a taste that was sent on a day before the removed item was seen stays in the ledger", async () => {
  await see("bowl");
  await request(SERVER, '{"vector":[1]}');
  now += 86_400_000;
  await see("mug");
  await request(SERVER, '{"vector":[2]}');
  await profile.removeInteractions(named("mug"));
  assert.deepEqual(
    profile.ledger().map(({ body }) => body),
    ["", '{"vector":[1]}'],
  );
});

test("restore brings everything back as it was, also for the next worker", async () => {
  await see("mug");
  await see("mug", "cart", "b.example");
  await see("bowl");
  await request("https://img.example/mug.jpg");
  const [interactions, ledger] = [profile.interactions(), profile.ledger()];
  const removal = await profile.removeInteractions(named("mug"));
  assert.equal(profile.interactions().length, 1);
  assert.ok(await profile.restore(JSON.parse(JSON.stringify(removal))));
  const again = await Profile.open(vault, { now: () => now });
  for (const one of [profile, again]) {
    assert.deepEqual(one.interactions(), interactions);
    assert.deepEqual(one.ledger(), ledger);
  }
});

test("nothing comes back into a profile that was erased since", async () => {
  await see("mug");
  const removal = await profile.removeInteractions(named("mug"));
  await profile.erase();
  await assert.rejects(profile.restore(removal), { code: "erased" });
  profile = await Profile.open(vault, { now: () => (now += 1000) });
  assert.equal(await profile.restore(removal), false);
  await see("bowl");
  assert.equal(await profile.restore(removal), false);
  assert.doesNotMatch(await textOnDisk(), /mug/);
});

test("an interaction that is added while others are removed is not lost", async () => {
  await see("mug");
  await Promise.all([profile.removeInteractions(named("mug")), see("bowl"), see("mug")]);
  const again = await Profile.open(vault, { now: () => now });
  assert.deepEqual(
    again
      .interactions()
      .map(({ product }) => product.title)
      .sort(),
    ["The bowl", "The mug"],
  );
});

test("a shop that was forgotten does not come back into a profile that was erased since", async () => {
  await profile.setConsent("a.example", true);
  await see("mug");
  const { profileId } = await profile.removeInteractions(() => true);
  const forgotten = await profile.forgetShop("a.example");
  assert.ok(forgotten);
  assert.equal(await profile.forgetShop("a.example"), null);
  await profile.erase();
  profile = await Profile.open(vault, { now: () => (now += 1000) });
  assert.equal(await profile.rememberShop(profileId, forgotten), false);
  assert.deepEqual(profile.settings.consents, {});
});

test("a catalogue that was read since stays, and the consent is of the time that it was given first", async () => {
  await profile.setConsent("a.example", true);
  await see("mug");
  const { profileId } = await profile.removeInteractions(() => true);
  const since = profile.settings.consents["a.example"];
  /** @type {any} */
  const shelf = {
    id: idOf("one"),
    shop: "a.example",
    kind: "shopify",
    status: "reading",
    parts: [],
    startedAt: "2026-03-01T12",
  };
  await profile.keepShelf(shelf);
  const forgotten = await profile.forgetShop("a.example");
  assert.ok(forgotten);
  assert.ok(await profile.rememberShop(profileId, forgotten));
  assert.deepEqual(profile.settings.consents, { "a.example": since });
  assert.deepEqual(profile.shelves(), [{ ...shelf, status: "stopped" }], "nobody continues its reading");
  await profile.forgetShop("a.example");
  await profile.setConsent("a.example", true);
  await profile.keepShelf({ ...shelf, id: idOf("two") });
  assert.ok(await profile.rememberShop(profileId, forgotten));
  assert.deepEqual(
    profile.shelves().map(({ id }) => id),
    [idOf("two")],
  );
});

// @ts-check
// The door: each rule in each condition, as the table of docs/what-is-learned.md says it.
import { readFileSync, readdirSync } from "node:fs";
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { RULES, admit, admitKept, begin, cardOf, keep, putBack } from "../../../extension/core/door.js";
import { Profile } from "../../../extension/core/profile.js";
import { savedIn } from "../../../extension/core/saved.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { itemIdOf } from "../../../extension/values/identity.js";
import { NOTHING, idOf, onDisk } from "./vault/disk.js";

/** @typedef {import("../../../extension/core/door.js").RuleName} RuleName */

const ROOT = new URL("../../../", import.meta.url);
const SHOP = "a.example";
const URL_OF_MUG = `https://${SHOP}/sea-mug`;
const MUG = {
  shop: SHOP,
  itemId: await itemIdOf(URL_OF_MUG),
  url: URL_OF_MUG,
  title: "sea mug",
  verdict: "product",
  provenance: { url: "url" },
};
const NAMES = /** @type {RuleName[]} */ (Object.keys(RULES));
/** Which rules keep what is saved for later, and not an interaction. */
const SAVING = ["save", "copy"];

let databases = 0;
let name = "";
/** @type {Profile} */
let profile;
beforeEach(async () => {
  name = `door-${(databases += 1)}`;
  profile = await Profile.open(new Vault({ name }));
});

/** The rows of the table in the docs: by rule what happens without consent, and while paused. */
const table = new Map(
  readFileSync(new URL("docs/what-is-learned.md", ROOT), "utf8")
    .split("\n")
    .flatMap((line) => {
      const row = /^\| `(\w+)` \|[^|]+\| (kept|not kept) \| (kept|not kept) \|$/.exec(line);
      return row ? [[row[1], { noConsent: row[2] === "kept", paused: row[3] === "kept" }]] : [];
    }),
);

/** @param {import("../../../extension/core/door.js").Admitted} of @param {RuleName} rule */
function toldOf(of, rule) {
  if (SAVING.includes(rule)) return { saved: [{ id: "0".repeat(32), savedAt: "", of, card: cardOf(of, {}) }] };
  return { now: [{ of, kind: /** @type {const} */ ("view"), space: "s", embedding: "AACAPw==" }] };
}

/**
 * Do an act.
 * @param {RuleName} rule @param {{product?: object, isPrivate?: boolean, between?: () => Promise<unknown>}} [how] `between`: what happens after the admission
 * @returns {Promise<{stored: boolean, reason?: string}>}
 */
async function act(rule, { product = MUG, isPrivate, between } = {}) {
  const mine = begin(profile, { isPrivate });
  const { admitted, reason } = await admit(product, rule, mine);
  await between?.();
  return admitted ? keep(toldOf(admitted, rule), mine) : { stored: false, reason };
}
const numKept = () => profile.interactions().length + savedIn(profile).length;

test("the table of the docs has each rule, once", () => {
  assert.deepEqual([...table.keys()].sort(), [...NAMES].sort());
});

for (const rule of NAMES) {
  test(`${rule}: what the shop's consent decides`, async () => {
    const isKept = table.get(rule)?.noConsent;
    assert.equal((await act(rule)).stored, isKept);
    assert.equal(numKept(), Number(isKept));
    await profile.setConsent(SHOP, true);
    assert.equal((await act(rule)).stored, true);
  });

  test(`${rule}: what the pause decides`, async () => {
    await profile.setConsent(SHOP, true);
    await profile.changeSettings({ paused: true });
    const { stored, reason } = await act(rule);
    assert.equal(stored, table.get(rule)?.paused);
    assert.equal(numKept(), Number(stored));
    if (!stored) assert.equal(reason, "paused");
  });

  test(`${rule}: what changes after the admission decides, too`, async () => {
    await profile.setConsent(SHOP, true);
    const paused = await act(rule, { between: () => profile.changeSettings({ paused: true }) });
    assert.equal(paused.stored, table.get(rule)?.paused);
    await profile.changeSettings({ paused: false });
    const withdrawn = await act(rule, { between: () => profile.setConsent(SHOP, false) });
    assert.equal(withdrawn.stored, table.get(rule)?.noConsent);
  });

  test(`${rule}: nothing of a private window, and nothing that is never kept`, async () => {
    await profile.setConsent(SHOP, true);
    assert.deepEqual(await act(rule, { isPrivate: true }), { stored: false, reason: "incognito" });
    const url = `https://${SHOP}/account/1`;
    const never = [
      { ...MUG, title: "pregnancy test" },
      { ...MUG, categoryPath: ["Vape pen"] },
      { ...MUG, url, itemId: await itemIdOf(url) },
      { ...MUG, verdict: "listing" },
      { ...MUG, price: { amount: "much" } },
    ];
    for (const product of never) assert.equal((await act(rule, { product })).stored, false, JSON.stringify(product));
    assert.equal(numKept(), 0);
  });

  test(`${rule}: personal data goes, the image's address included`, async () => {
    await profile.setConsent(SHOP, true);
    const product = {
      ...MUG,
      title: "mug for anna@mail.example",
      images: [
        "https://img.example/anna@mail.example/1.jpg",
        "https://img.example/2.jpg?email=anna%40mail.example&w=3",
      ],
    };
    assert.equal((await act(rule, { product })).stored, true);
    const kept = JSON.stringify([profile.interactions(), savedIn(profile)]);
    assert.doesNotMatch(kept, /anna/);
    assert.match(kept, /https:\/\/img\.example\/2\.jpg\?w=3/);
  });

  test(`${rule}: nothing that began before an erase is written after it`, async () => {
    await profile.setConsent(SHOP, true);
    for (const isAwaited of [true, false]) {
      /** @type {Promise<void> | undefined} */
      let erasing;
      const answer = await act(rule, {
        between: async () => {
          erasing = profile.erase();
          if (isAwaited) await erasing;
        },
      });
      await erasing;
      assert.deepEqual([answer.stored, answer.reason], [false, "erased"]);
      assert.deepEqual(await onDisk(name), NOTHING);
      profile = await Profile.open(new Vault({ name }));
      await profile.setConsent(SHOP, true);
    }
  });
}

test("an erase of an empty profile stops what is in flight, too", async () => {
  const answer = await act("dismiss", { between: () => profile.erase() });
  assert.deepEqual([answer.stored, answer.reason], [false, "erased"]);
  assert.deepEqual(await onDisk(name), NOTHING);
});

test("a change that is being written when an erase begins is erased with the rest", async () => {
  const writes = Array.from({ length: 20 }, () => act("dismiss"));
  const erased = profile.erase();
  await Promise.all([...writes, erased]);
  assert.deepEqual(await onDisk(name), NOTHING);
});

test("only what was admitted is kept", async () => {
  const { admitted } = await admit(MUG, "dismiss", begin(profile));
  assert.ok(admitted);
  const forged = { ...admitted, product: { ...admitted.product, title: "pregnancy test" } };
  await assert.rejects(keep(toldOf(forged, "dismiss"), begin(profile)), TypeError);
  assert.throws(() => {
    /** @type {any} */ (admitted).product = forged.product;
  }, TypeError);
  assert.equal(numKept(), 0);
});

test("what is put back is checked anew", async () => {
  await act("dismiss");
  const removal = await profile.removeInteractions(() => true);
  const [one] = removal.interactions;
  const withTitle = (/** @type {string} */ title) => ({ ...one, id: idOf(title), product: { ...one.product, title } });
  const interactions = [one, withTitle("pregnancy test"), withTitle("mug for anna@mail.example")];
  assert.equal(await putBack({ ...removal, interactions }, begin(profile)), true);
  assert.deepEqual(
    profile
      .interactions()
      .map(({ product }) => product.title)
      .sort(),
    ["mug for [removed]", "sea mug"],
  );
  const { admitted } = await admitKept(one.product, "undo", begin(profile));
  assert.deepEqual(admitted?.product, one.product, "what was kept passes as it is");
});

test("no other file writes what is told of products", () => {
  const WRITERS =
    /(?<!\b(?:around|consent|sync|this))\.(?:keep|addInteraction|restore)\(|kind: "(?:saved|interaction)"/;
  const files = ["background", "core", "ui", "offscreen", "shelf", "packs", "imports"].flatMap((folder) =>
    readdirSync(new URL(`extension/${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".js"))
      .map((file) => `${folder}/${file}`),
  );
  const writing = files.filter((file) => WRITERS.test(readFileSync(new URL(`extension/${file}`, ROOT), "utf8")));
  // What becomes records, and what makes records of it.
  assert.deepEqual(writing.sort(), ["core/door.js", "core/removal.js", "core/told.js"]);
});

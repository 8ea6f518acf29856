// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  PAGES,
  decodePage,
  decodeRoot,
  encodePage,
  encodeRoot,
  isKind,
  isRecordId,
  nameOf,
  recordIdOf,
} from "../../../../extension/core/vault/index-format.js";
import { ACTS_ID } from "../../../../extension/core/acts.js";
import { decrypt } from "../../../../extension/core/envelope.js";
import { CLOCK_ID } from "../../../../extension/core/retention.js";
import { fromHex, toHex } from "../../../../extension/values/encoding.js";
import { EnvelopeError } from "../../../../extension/values/errors.js";
import { contentOf, keyFrom, namedIds, profiles, storeOf, truthOf } from "./stores.js";

for (const [i, profile] of profiles.entries())
  for (const state of profile.states)
    test(`profile ${i} in state ${state.counter} gives its own records and parts`, async () => {
      const { dataKey, fingerprint } = await keyFrom(profile);
      assert.equal(fingerprint, profile.fingerprint);
      const store = storeOf(profile, state, dataKey);
      assert.deepEqual(await contentOf(store), { given: truthOf(state), numSetAside: 0 });
    });

test("ids of records that exist once are made of their names", () => {
  const idOf = (/** @type {string} */ name) =>
    createHash("sha256").update(`carryover record ${name}`).digest("hex").slice(0, 32);
  for (const name of Object.keys(namedIds)) assert.equal(recordIdOf(name), idOf(name));
  assert.deepEqual([ACTS_ID, CLOCK_ID], [idOf("acts"), idOf("clock")]);
});

test("pages and root are written as they were read", async () => {
  const [profile] = profiles;
  const [, , , { index }] = profile.states;
  const { dataKey } = await keyFrom(profile);
  const open = (/** @type {string} */ name) =>
    decrypt(dataKey, fromHex(index[name]), { profileId: profile.profileId, purpose: `index/${name}` });
  for (const name of PAGES) {
    const bytes = await open(name);
    assert.equal(toHex(encodePage(decodePage(bytes, name))), toHex(bytes));
  }
  const bytes = await open("root");
  assert.equal(toHex(encodeRoot(decodeRoot(bytes))), toHex(bytes));
});

test("the records that exist once have their ids, and other names are refused", () => {
  for (const [name, id] of Object.entries(namedIds)) {
    assert.equal(recordIdOf(name), id);
    assert.equal(nameOf(String(id)), name);
  }
  assert.equal(nameOf("0".repeat(32)), "0".repeat(32));
  assert.throws(() => recordIdOf("toString"), RangeError);
  assert.throws(() => recordIdOf("A".repeat(32)), RangeError);
});

test("what is read from a store is an id and a kind only where Carryover could have written it", () => {
  for (const id of ["", "a".repeat(31), "a".repeat(33), "g".repeat(32), "A".repeat(32), "a".repeat(300), 5, null, {}])
    assert.equal(isRecordId(id), false, String(id));
  for (const kind of ["", "index", "lock", "Saved", "a".repeat(33), "a/b", "_", 5, null])
    assert.equal(isKind(kind), false);
  assert.ok(isKind("shop_means"));
});

test("a page that is cut, out of order, of another digit or of an unknown place is refused", () => {
  const entry = (/** @type {string} */ id, place = "00") => `${id.padEnd(32, "0")}${place}${"11".repeat(28)}`;
  const decode = (/** @type {string[]} */ ...entries) => decodePage(fromHex(entries.join("")), "a");
  assert.equal(decode(entry("a1"), entry("a2", "01")).size, 2);
  for (const entries of [
    [entry("a1").slice(2)],
    [entry("a2"), entry("a1")],
    [entry("a1"), entry("a1")],
    [entry("b1")],
    [entry("a1", "02")],
  ])
    assert.throws(() => decode(...entries), EnvelopeError);
});

test("a root that is cut, of another format or without a counter is refused", () => {
  const root = { counter: 7, fingerprint: "00".repeat(16), seals: PAGES.map(() => "22".repeat(28)) };
  const bytes = encodeRoot(root);
  assert.deepEqual(decodeRoot(bytes), root);
  const changed = (/** @type {number} */ at, /** @type {number} */ byte) => {
    const copy = bytes.slice();
    copy[at] = byte;
    return copy;
  };
  for (const wrong of [bytes.slice(1), changed(0, 1), changed(8, 0), changed(1, 255)])
    assert.throws(() => decodeRoot(wrong), EnvelopeError);
});

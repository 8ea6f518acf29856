// @ts-check
// The list of packs as the profile keeps it.
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPackList } from "../../../extension/background/pack-list.js";
import { Vault } from "../../../extension/core/vault/vault.js";
import { Profile } from "../../../extension/core/profile.js";
import { PackError } from "../../../extension/values/errors.js";

test("two packs that are refused at once are both remembered", async () => {
  const profile = await Profile.open(new Vault({ name: "pack-list" }));
  const url = "https://packs.example/list.json";
  await profile.changeSettings({ packListUrl: url });
  const entries = ["a", "b"].map((name) => ({ shop: `${name}.example`, manifest: `${name.repeat(64)}.json` }));
  const list = createPackList({
    getProfile: async () => profile,
    fetchFile: async () => new TextEncoder().encode(JSON.stringify(entries)),
    now: () => Date.parse("2026-03-01T12:00:00Z"),
  });
  await list.current();
  const problem = new PackError("pack_unsigned", "nobody signed it");
  await Promise.all(entries.map((entry) => list.refuse(entry, problem)));
  assert.deepEqual(
    (await list.current()).refused.map(({ manifest }) => manifest),
    entries.map(({ manifest }) => manifest),
  );
});

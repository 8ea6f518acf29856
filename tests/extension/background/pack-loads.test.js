// @ts-check
// Downloads of packs that fail: whoever asks again must not start one a second time before the failure is remembered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPackLoads } from "../../../extension/background/pack-loads.js";
import { PackError } from "../../../extension/values/errors.js";
import { eventually } from "../fakes/waiting.js";

const failure = new PackError("pack_unreachable", "its host is away");
const wantedOf = (/** @type {string} */ manifest) => ({
  entry: { shop: "a.example", manifest },
  listUrl: "https://packs.example/list.json",
  held: null,
  begun: null,
});

/** @param {(url: string) => Promise<any>} fetchFile */
const createLoads = (fetchFile) =>
  createPackLoads(
    /** @type {any} */ ({
      getProfile: async () => ({ settings: { trustedKeys: [] } }),
      model: { getModel: async () => ({ manifest: { space: "ab".repeat(32), dim: 8 } }) },
      fetchFile,
      now: () => 0,
    }),
  );

test("a download that failed still counts as running while its failure is remembered", async () => {
  const loads = createLoads(() => Promise.reject(failure));
  /** @type {unknown[]} */
  const remembered = [];
  /** @type {import("../../../extension/background/pack-loads.js").Load | undefined} */
  let second;
  const first = loads.run(wantedOf("one.json"), async (error) => {
    await new Promise(setImmediate);
    second = loads.run(wantedOf("one.json"), () => assert.fail("it was started twice"));
    remembered.push(error);
    throw error;
  });
  await assert.rejects(first.first, failure);
  assert.deepEqual(remembered, [failure]);
  assert.equal(second, first);
});

test("a newer pack's download still counts as running when the one before it ends", async () => {
  /** @type {Map<string, (error: Error) => void>} by file name */
  const asked = new Map();
  const loads = createLoads(
    (url) =>
      new Promise((_, reject) => {
        asked.set(String(url.split("/").pop()), reject);
      }),
  );
  const remember = async (/** @type {unknown} */ error) => {
    throw error;
  };
  const older = loads.run(wantedOf("one.json"), remember);
  const newer = loads.run(wantedOf("two.json"), remember);
  await eventually(() => assert.equal(asked.size, 2));
  asked.get("one.json")?.(failure);
  await assert.rejects(older.first, failure);
  await new Promise(setImmediate);
  assert.equal(loads.run(wantedOf("two.json"), remember), newer);
  asked.get("two.json")?.(failure);
  await assert.rejects(newer.first, failure);
});

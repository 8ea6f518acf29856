// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { BundleError } from "../../../extension/values/errors.js";
import { createTokenizer } from "../../../extension/core/tokenizer.js";
import { NO_BUNDLE, bundleFolder, bytesOf } from "../bundle-on-disk.js";
import { vectors } from "../vectors.js";

const folder = bundleFolder();
const json = folder && JSON.parse(new TextDecoder().decode(bytesOf(folder, "tokenizer.json")));
const { maxTokens, cases } = vectors("wordpiece.json");

for (const { text, ids } of cases) {
  test(`tokens of ${JSON.stringify(text).slice(0, 60)}`, { skip: !json && NO_BUNDLE }, () => {
    assert.deepEqual(createTokenizer(json, { maxTokens }).encode(text), ids);
  });
}

test("a tokenizer of another kind is refused by name", () => {
  const bpe = {
    model: { type: "BPE" },
    normalizer: { type: "NFC" },
    pre_tokenizer: { type: "ByteLevel" },
    added_tokens: [],
  };
  assert.throws(
    () => createTokenizer(/** @type {any} */ (bpe), { maxTokens: 8 }),
    (error) => error instanceof BundleError && /BPE, NFC, ByteLevel/.test(error.message),
  );
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { canCheckSignatures, isPublicKey, signerOf } from "../../../extension/core/bundle-signature.js";
import { utf8 } from "../../../extension/values/encoding.js";
import { BundleError } from "../../../extension/values/errors.js";
import { vectors } from "../vectors.js";

const { cases } = vectors("bundle-signature.json");

for (const { name, manifest, signature, trusted, problem, keyId } of cases) {
  test(`signature, ${name}`, async () => {
    const answer = signerOf(utf8(manifest), signature === null ? null : utf8(signature), trusted);
    if (problem === null) assert.equal(await answer, keyId);
    else
      await assert.rejects(
        answer,
        (error) => error instanceof BundleError && error.message === `manifest.sig: ${problem}`,
      );
  });
}

test("a public key is base64 of 32 bytes", () => {
  assert.ok(isPublicKey(cases[0].trusted[0]));
  for (const text of ["", "Kelp", cases[0].trusted[0].slice(4), `${cases[0].trusted[0]} `])
    assert.ok(!isPublicKey(text));
});

test("a browser without Ed25519 knows it, and refuses a signed bundle with a sentence that says so", async (context) => {
  assert.equal(await canCheckSignatures(), true);
  context.mock.method(crypto.subtle, "importKey", async () => {
    throw new DOMException("Unrecognized name.", "NotSupportedError");
  });
  assert.equal(await canCheckSignatures(), false);
  const { manifest, signature, trusted } = cases[0];
  await assert.rejects(signerOf(utf8(manifest), utf8(signature), trusted), {
    name: "BundleError",
    message: /^manifest\.sig: this browser cannot check Ed25519 signatures \(Chrome 137, Firefox 129 and later can\)/,
  });
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { aadOf, decrypt, encrypt, sealOf } from "../../../extension/core/envelope.js";
import { EnvelopeError } from "../../../extension/values/errors.js";
import { generateKey } from "../../../extension/core/vault/keys.js";
import { fromHex, toHex, utf8 } from "../../../extension/values/encoding.js";
import { vectors } from "../vectors.js";

const { opens, refuses } = vectors("envelope.json");
const generateDataKey = async () => (await generateKey()).dataKey;
const importKey = (/** @type {string} */ hex) =>
  crypto.subtle.importKey("raw", fromHex(hex), "AES-GCM", false, ["encrypt", "decrypt"]);

for (const one of opens) {
  test(`opens: ${one.name}`, async () => {
    const key = await importKey(one.key);
    assert.equal(toHex(aadOf(one, one.version)), one.aad);
    assert.equal(toHex(await decrypt(key, fromHex(one.envelope), one, one.version)), one.plaintext);
  });
}

for (const one of refuses) {
  test(`refuses: ${one.name}`, async () => {
    const key = await importKey(one.key);
    await assert.rejects(decrypt(key, fromHex(one.envelope), one, one.version), (error) => {
      assert.ok(error instanceof EnvelopeError);
      assert.equal(error.message, new EnvelopeError().message);
      assert.equal(error.cause, undefined, "the reason is not revealed");
      return true;
    });
  });
}

test("opens what it sealed, and no nonce repeats", async () => {
  const key = await generateDataKey();
  const binding = { profileId: "p", purpose: "interaction/1" };
  const sealed = await Promise.all(Array.from({ length: 200 }, () => encrypt(key, utf8("same"), binding)));
  assert.equal(new Set(sealed.map((envelope) => toHex(envelope.subarray(1, 13)))).size, 200);
  assert.equal(new TextDecoder().decode(await decrypt(key, sealed[0], binding)), "same");
});

test("every changed byte and every shorter envelope is refused", async () => {
  const key = await generateDataKey();
  const binding = { profileId: "p", purpose: "q" };
  const sealed = await encrypt(key, utf8("plaintext"), binding);
  for (let i = 0; i < sealed.length; i += 1) {
    const changed = sealed.slice();
    changed[i] ^= 1;
    await assert.rejects(decrypt(key, changed, binding), EnvelopeError);
    await assert.rejects(decrypt(key, sealed.slice(0, i), binding), EnvelopeError);
  }
});

test("a seal is nonce and tag", async () => {
  const sealed = await encrypt(await generateDataKey(), utf8("plaintext"), { profileId: "p", purpose: "q" });
  assert.equal(sealOf(sealed), toHex(sealed.subarray(1, 13)) + toHex(sealed.subarray(sealed.length - 16)));
});

test("fields of the binding cannot be shifted into each other", () => {
  assert.notEqual(toHex(aadOf({ profileId: "ab", purpose: "c" })), toHex(aadOf({ profileId: "a", purpose: "bc" })));
});

test("the key's bytes cannot be read", async () => {
  await assert.rejects(crypto.subtle.exportKey("raw", await generateDataKey()), { name: /InvalidAccess/ });
});

test("a wrong binding is the caller's mistake", async () => {
  const key = await generateDataKey();
  await assert.rejects(encrypt(key, utf8("x"), { profileId: /** @type {any} */ (5), purpose: "q" }), TypeError);
  await assert.rejects(encrypt(key, utf8("x"), { profileId: "", purpose: "q" }), RangeError);
  await assert.rejects(encrypt(key, utf8("x"), { profileId: "p", purpose: "é".repeat(128) }), RangeError);
});

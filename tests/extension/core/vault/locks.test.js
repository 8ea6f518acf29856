// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { argon2id } from "../../../../extension/vendor/argon2.mjs";
import { keyOf, newKeyBytes } from "../../../../extension/core/vault/keys.js";
import { makeLocks, openAnyLock, openLock } from "../../../../extension/core/vault/locks.js";
import { bytesOfCode, textOfCode } from "../../../../extension/values/codes.js";
import { EnvelopeError } from "../../../../extension/values/errors.js";
import { fromHex, toHex } from "../../../../extension/values/encoding.js";
import { vectors } from "../../vectors.js";

const { opens, refuses } = vectors("wrapped-key.json");
const argon2 = /** @type {any} */ (argon2id);
/** @param {any} lock of the vectors */
const lockOf = (lock) => ({ ...lock, envelope: fromHex(lock.envelope) });

for (const one of opens)
  test(`opens: ${one.name}`, async () => {
    const bytes = await openLock(lockOf(one.lock), one.secret, one, { argon2 });
    assert.equal(toHex(bytes), one.key);
    assert.equal((await keyOf(bytes)).fingerprint, one.fingerprint);
  });

for (const one of refuses)
  test(`refuses: ${one.name}`, async () => {
    await assert.rejects(openLock(lockOf(one.lock), one.secret, one, { argon2 }), EnvelopeError);
  });

const newCode = () => crypto.getRandomValues(new Uint8Array(20));
const owner = { profileId: "a".repeat(32), fingerprint: "b".repeat(32) };

test("passphrase and recovery code open what was locked, and nothing else does", async () => {
  const bytes = newKeyBytes();
  const { locks, code } = await makeLocks(bytes, "correct horse", owner, { argon2 });
  assert.deepEqual(
    locks.map(({ kdf }) => kdf.name),
    ["argon2id", "hkdf-sha256"],
  );
  for (const secret of ["correct horse", code, code.toLowerCase().replaceAll("-", "")])
    assert.equal(toHex((await openAnyLock(locks, secret, owner, { argon2 })) ?? new Uint8Array()), toHex(bytes));
  for (const secret of ["", "correct horsf", textOfCode(newCode())])
    assert.equal(await openAnyLock(locks, secret, owner, { argon2 }), null);
});

test("where WebAssembly cannot be loaded a passphrase goes through PBKDF2", async () => {
  const bytes = newKeyBytes();
  const { locks } = await makeLocks(bytes, "correct horse", owner);
  assert.deepEqual({ ...locks[0].kdf, salt: "" }, { name: "pbkdf2-sha256", iterations: 600_000, salt: "" });
  assert.equal(toHex(await openLock(locks[0], "correct horse", owner)), toHex(bytes));
});

test("a short passphrase is refused", async () => {
  await assert.rejects(makeLocks(newKeyBytes(), "seven77", owner, { argon2 }), { code: "passphrase_unfit" });
  await assert.rejects(makeLocks(newKeyBytes(), "x".repeat(1025), owner, { argon2 }), { code: "passphrase_unfit" });
});

test("parameters that would take a device's memory are refused before they are used", async () => {
  const [{ lock, secret }] = opens;
  for (const kdf of [
    { ...lock.kdf, memoryKiB: 4_194_304 },
    { ...lock.kdf, iterations: 1_000_000 },
    { ...lock.kdf, parallelism: 0 },
    { ...lock.kdf, salt: 5 },
    { name: "pbkdf2-sha256", iterations: 1, salt: lock.kdf.salt },
    { name: "plain", salt: lock.kdf.salt },
  ])
    await assert.rejects(openLock({ ...lockOf(lock), kdf }, secret, owner, { argon2 }), { code: "store_damaged" });
});

test("a recovery code survives being read aloud", () => {
  for (let i = 0; i < 50; i += 1) {
    const code = newCode();
    const text = textOfCode(code);
    assert.match(text, /^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.equal(
      toHex(bytesOfCode(text.replaceAll("0", "O").replaceAll("1", "l"), 20) ?? new Uint8Array()),
      toHex(code),
    );
  }
  assert.equal(bytesOfCode("correct horse battery staple", 20), null);
});

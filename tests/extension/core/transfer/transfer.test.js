// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOfCode } from "../../../../extension/values/codes.js";
import { isTransferFile, openedFile, sealedFile } from "../../../../extension/core/transfer/file.js";
import { packed, unpacked } from "../../../../extension/core/transfer/gzip.js";
import {
  envelopeOf,
  newSyncCode,
  nextEnvelope,
  openedEnvelope,
  syncKeys,
} from "../../../../extension/core/transfer/sync-envelope.js";
import { fromHex, sha256Hex, toHex } from "../../../../extension/values/encoding.js";
import { EnvelopeError } from "../../../../extension/values/errors.js";
import { argon2id } from "../../../../extension/vendor/argon2.mjs";
import { vectors } from "../../vectors.js";

const transfer = vectors("transfer.json");
const sync = vectors("sync.json");
const UNREADABLE = { code: "transfer_unreadable" };

for (const { name, passphrase, file, text } of transfer.opens)
  test(`a file opens: ${name}`, async () => {
    assert.ok(isTransferFile(fromHex(file)));
    assert.equal(await openedFile(fromHex(file), passphrase, argon2id), text);
  });

for (const { why, passphrase, file } of transfer.refuses)
  test(`a file is refused: ${why}`, () => assert.rejects(openedFile(fromHex(file), passphrase, argon2id), UNREADABLE));

test("a file that was sealed opens with its passphrase and no other, and shows nothing", async () => {
  const text = JSON.stringify({ format: 1, interactions: ["canary"] });
  const file = await sealedFile(text, "kelp and oak", argon2id);
  assert.equal(await openedFile(file, "kelp and oak", argon2id), text);
  await assert.rejects(openedFile(file, "kelp and oaks", argon2id), UNREADABLE);
  assert.doesNotMatch(Buffer.from(file).toString("latin1"), /canary|kelp/);
  assert.match(
    Buffer.from(file).toString("latin1"),
    /^carryover transfer\u0001.*"argon2id","memoryKiB":65536,"iterations":3/s,
  );
  const again = await sealedFile(text, "kelp and oak", argon2id);
  assert.notDeepEqual(again, file, "salt and nonce are new each time");
});

test("where WebAssembly cannot be loaded the file has PBKDF2, which every browser opens", async () => {
  const file = await sealedFile("{}", "kelp and oak", null);
  assert.match(Buffer.from(file).toString("latin1"), /"pbkdf2-sha256","iterations":600000/);
  assert.equal(await openedFile(file, "kelp and oak", argon2id), "{}");
});

test("a short passphrase is refused before anything is made", async () => {
  for (const passphrase of ["", "1234567", "é".repeat(7), "x".repeat(1025)])
    await assert.rejects(sealedFile("{}", passphrase, null), { code: "passphrase_unfit" });
  await sealedFile("{}", "é".repeat(8), null);
});

test("two hundred changes of a file: none opens", async () => {
  const file = fromHex(transfer.opens[1].file);
  for (let i = 0; i < 200; i += 1) {
    const changed = file.slice();
    // All of what is not the derivation's own text, which would only make the key another at great cost.
    const at = i < 21 ? i : file.length - 1 - (i % 100);
    changed[at] ^= 1 << (i % 8);
    await assert.rejects(openedFile(changed, transfer.opens[1].passphrase, null), UNREADABLE);
  }
});

test("what unpacks to more than a profile can be is refused", async () => {
  const bomb = await packed(new Uint8Array(49 * 2 ** 20));
  assert.ok(bomb.length < 100_000);
  await assert.rejects(unpacked(bomb), UNREADABLE);
  await assert.rejects(unpacked(Uint8Array.of(1, 2, 3)), UNREADABLE);
});

/** @param {string} name @returns {any} */
const one = (name) => sync.envelopes.find((/** @type {any} */ envelope) => envelope.name === name);
const knownOf = (/** @type {any} */ { version, sha256 }) => ({ version, hash: sha256 });

/** @param {any} envelope of the vectors @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function made({ version, parent, nonce, packed: content }) {
  const keys = await secretKeys();
  const before = version === 1 ? null : { version: version - 1, hash: parent };
  return envelopeOf(keys, fromHex(content), before, fromHex(nonce));
}
const secretKeys = async () =>
  /** @type {NonNullable<Awaited<ReturnType<typeof syncKeys>>>} */ (await syncKeys(sync.code));

test("a sync code has the space of the vectors", async () => assert.equal((await secretKeys()).space, sync.space));

for (const { typed, secret } of sync.codes)
  test(`the sync code ${JSON.stringify(typed)} is ${secret ? "read" : "none"}`, () => {
    const bytes = bytesOfCode(typed, 20);
    assert.equal(bytes && toHex(bytes), secret);
  });

for (const envelope of sync.envelopes)
  test(`the ${envelope.name} envelope has the bytes of the vectors, and opens`, async () => {
    const bytes = await made(envelope);
    assert.deepEqual([bytes.length, await sha256Hex(bytes)], [envelope.bytes, envelope.sha256]);
    const opened = await openedEnvelope(await secretKeys(), bytes, null);
    assert.deepEqual(opened, { ...knownOf(envelope), text: envelope.text });
  });

for (const { knows, given, takes } of sync.remembers)
  test(`who knows ${knows ?? "nothing"} ${takes ? "takes" : "refuses"} the ${given}`, async () => {
    const opening = openedEnvelope(await secretKeys(), await made(one(given)), knows && knownOf(one(knows)));
    if (takes) assert.equal((await opening).text, one(given).text);
    else await assert.rejects(opening, { code: "sync_older" });
  });

test("a thousand changes of an envelope: none opens", async () => {
  const keys = await secretKeys();
  const bytes = await made(one("second"));
  for (let i = 0; i < 1000; i += 1) {
    const changed = bytes.slice();
    const at = i < 53 ? i : (i * 7919) % bytes.length;
    changed[at] ^= 1 << (i % 8);
    await assert.rejects(openedEnvelope(keys, changed, null), EnvelopeError);
  }
  for (const length of [0, 1, 41, 53, 68, bytes.length - 1])
    await assert.rejects(openedEnvelope(keys, bytes.slice(0, length), null), EnvelopeError);
});

test("envelopes of another code do not open", async () => {
  const other = /** @type {any} */ (await syncKeys(newSyncCode()));
  await assert.rejects(openedEnvelope(other, await made(one("first")), null), EnvelopeError);
  assert.notEqual(other.space, sync.space);
});

test("the next envelope follows the one before, with a nonce of its own", async () => {
  const keys = await secretKeys();
  const [a, b] = [await nextEnvelope(keys, "{}", null), await nextEnvelope(keys, "{}", null)];
  assert.notDeepEqual(a, b);
  const first = await openedEnvelope(keys, a, null);
  const next = await nextEnvelope(keys, '{"n":2}', first);
  assert.deepEqual((await openedEnvelope(keys, next, first)).version, 2);
});

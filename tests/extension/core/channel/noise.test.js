// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { pairingCode, stretched } from "../../../../extension/core/channel/code.js";
import { bytesOfCode, textOfCode } from "../../../../extension/values/codes.js";
import { openedAnswer, sealedAnswer, sealedRequest, unframed } from "../../../../extension/core/channel/frames.js";
import { Handshake, seal, unseal } from "../../../../extension/core/channel/noise.js";
import { P256, keptPair } from "../../../../extension/core/channel/p256.js";
import { fromHex, sha256Hex, toHex, utf8 } from "../../../../extension/values/encoding.js";
import { EnvelopeError } from "../../../../extension/values/errors.js";
import { vectors } from "../../vectors.js";
import { X25519, x25519Pair } from "./x25519.js";

const channel = vectors("channel.json");
const text = (/** @type {Uint8Array} */ bytes) => new TextDecoder().decode(bytes);

/** @param {any} one of channel.json @returns {Promise<Handshake[]>} the initiator and the responder */
async function sidesOf(one) {
  const pairOf = one.curve === "P256" ? keptPair : x25519Pair;
  const responder = await pairOf(one.responderStatic);
  const common = {
    pattern: one.pattern,
    prologue: one.prologue,
    curve: one.curve === "P256" ? P256 : X25519,
    ...(one.psk && { psk: fromHex(one.psk) }),
  };
  return [
    await Handshake.begin({
      ...common,
      isInitiator: true,
      staticKey: await pairOf(one.initiatorStatic),
      ephemeral: await pairOf(one.initiatorEphemeral),
      ...(one.pattern === "IK" && { remoteStatic: responder.publicKey }),
    }),
    await Handshake.begin({
      ...common,
      isInitiator: false,
      staticKey: responder,
      ephemeral: await pairOf(one.responderEphemeral),
    }),
  ];
}

for (const one of [...channel.handshakes, ...channel.reference]) {
  test(`${one.pattern} on ${one.curve} gives the messages and keys of the vectors`, async () => {
    const sides = await sidesOf(one);
    for (const [i, payload] of one.payloads.entries()) {
      const [writer, reader] = i % 2 === 0 ? sides : [sides[1], sides[0]];
      const message = await writer.write(utf8(payload));
      assert.equal(toHex(message), one.messages[i]);
      assert.equal(text(await reader.read(message)), payload);
    }
    const keys = await sides[0].split();
    assert.deepEqual(keys.map(toHex), (await sides[1].split()).map(toHex));
    if (one.split) assert.deepEqual(keys.map(toHex), one.split);
    for (const [i, sent] of one.sends.entries()) {
      assert.equal(toHex(await seal(keys[i], 0, utf8(sent.text))), sent.sealed);
      assert.equal(text(await unseal(keys[i], 0, fromHex(sent.sealed))), sent.text);
    }
  });
}

for (const { of: pattern, message, hex, why } of channel.refuses) {
  test(`message ${message} of ${pattern} is refused: ${why}`, async () => {
    const one = channel.handshakes.find((/** @type {any} */ other) => other.pattern === pattern);
    const sides = await sidesOf(one);
    for (let i = 0; i < message; i += 1) {
      const [writer, reader] = i % 2 === 0 ? sides : [sides[1], sides[0]];
      await reader.read(await writer.write(utf8(one.payloads[i])));
    }
    await assert.rejects(sides[message % 2 === 0 ? 1 : 0].read(fromHex(hex)), EnvelopeError);
  });
}

test("another code gives another key, and the second message does not open", async () => {
  const one = channel.handshakes[1];
  const [initiator, responder] = await sidesOf(one);
  initiator.psk = await stretched("K7QF29XM4S", fromHex(channel.stretched.salt));
  await responder.read(await initiator.write());
  await assert.rejects(initiator.read(await responder.write()), EnvelopeError);
});

for (const { typed, code } of channel.codes)
  test(`${JSON.stringify(typed)} is ${code ?? "no code"}`, () => assert.equal(pairingCode(typed), code));

test("a code is stretched as on the server", async () => {
  const { code, salt, psk } = channel.stretched;
  assert.equal(toHex(await stretched(code, fromHex(salt))), psk);
});

test("bytes become a code in groups of four, and come back", () => {
  const bytes = fromHex("00ff10a53c".repeat(4));
  const shown = textOfCode(bytes);
  assert.match(shown, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.deepEqual(bytesOfCode(shown.toLowerCase().replaceAll("-", " "), 20), bytes);
  assert.equal(bytesOfCode("too short", 20), null);
});

/** @returns {Promise<Uint8Array<ArrayBuffer>>} the request of the vectors */
function vectorRequest() {
  const { ticket, number, head, body } = channel.request;
  const keys = { ticket: fromHex(ticket), sending: fromHex(channel.handshakes[0].split[0]) };
  return sealedRequest(keys, number, head, utf8(body));
}

test("a request and its answer have the bytes of the vectors", async () => {
  const request = await vectorRequest();
  assert.deepEqual([request.length, await sha256Hex(request)], [channel.request.length, channel.request.sha256]);
  const { salt, head, body } = channel.answer;
  const sending = fromHex(channel.handshakes[0].split[1]);
  const answer = await sealedAnswer(sending, fromHex(salt), request, head, utf8(body));
  assert.deepEqual([answer.length, await sha256Hex(answer)], [channel.answer.length, channel.answer.sha256]);
  const opened = await openedAnswer(sending, request, answer);
  assert.deepEqual([opened.head, text(opened.body)], [head, body]);
});

test("an answer opens for its own request only", async () => {
  const request = await vectorRequest();
  const { salt, head, body } = channel.answer;
  const sending = fromHex(channel.handshakes[0].split[1]);
  const answer = await sealedAnswer(sending, fromHex(salt), request, head, utf8(body));
  const other = request.slice();
  other[other.length - 1] ^= 1;
  await assert.rejects(openedAnswer(sending, other, answer), EnvelopeError);
  await assert.rejects(openedAnswer(sending, request, answer.slice(0, -1)), EnvelopeError);
  await assert.rejects(openedAnswer(sending, request, new Uint8Array(0)), EnvelopeError);
});

test("a frame with lengths that cannot be is refused", () => {
  for (const frame of [new Uint8Array(0), new Uint8Array(3), Uint8Array.of(255, 255, 255, 255, 0)])
    assert.throws(() => unframed(frame), EnvelopeError);
  const head = utf8('{"length":9}');
  const frame = new Uint8Array(4 + head.length + 8);
  frame[3] = head.length;
  frame.set(head, 4);
  assert.throws(() => unframed(frame), EnvelopeError);
});

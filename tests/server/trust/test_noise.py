"""Handshakes and messages of the channel follow contracts/vectors/channel.json, as the extension's do."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kernel.contracts import CONTRACTS
from server.errors import HandshakeError
from server.trust.codes import new_code, normal, shown, stretched
from server.trust.frames import framed, open_answer, open_request, parts_of, seal_answer, unframed
from server.trust.noise import P256, Handshake, P256KeyPair, seal, unseal

CHANNEL = json.loads((CONTRACTS / "vectors" / "channel.json").read_text(encoding="utf-8"))
IK, PAIRING = CHANNEL["handshakes"]


class X25519Pair:
    def __init__(self, private):
        self._private = X25519PrivateKey.from_private_bytes(private)

    @property
    def public(self):
        return self._private.public_key().public_bytes_raw()

    def shared_with(self, public):
        return self._private.exchange(X25519PublicKey.from_public_bytes(public))


class X25519:
    name, public_bytes = "25519", 32


def pair_of(case, name):
    key = case[name]
    if case["curve"] == "25519":
        return X25519Pair(bytes.fromhex(key))
    number = int.from_bytes(base64.urlsafe_b64decode(key["d"] + "="), "big")
    return P256KeyPair(ec.derive_private_key(number, ec.SECP256R1()))


def sides_of(case):
    curve = P256 if case["curve"] == "P256" else X25519()
    psk = case["psk"] and bytes.fromhex(case["psk"])
    responder = pair_of(case, "responderStatic")
    known = responder.public if case["pattern"] == "IK" else None
    prologue = case["prologue"].encode()
    return (
        Handshake(
            case["pattern"], True, prologue, pair_of(case, "initiatorStatic"), known, psk,
            pair_of(case, "initiatorEphemeral"), curve,
        ),
        Handshake(
            case["pattern"], False, prologue, responder, None, psk, pair_of(case, "responderEphemeral"), curve
        ),
    )  # fmt: skip


@pytest.mark.parametrize("case", CHANNEL["handshakes"] + CHANNEL["reference"], ids=lambda c: c["pattern"] + c["curve"])
def test_a_handshake_gives_the_messages_and_keys_of_the_vectors(case):
    sides = sides_of(case)
    for i, payload in enumerate(case["payloads"]):
        writer, reader = sides if i % 2 == 0 else sides[::-1]
        message = writer.write(payload.encode())
        assert message.hex() == case["messages"][i]
        assert reader.read(message) == payload.encode()
    keys = sides[0].split()
    assert keys == sides[1].split()
    if "split" in case:
        assert [key.hex() for key in keys] == case["split"]
    for key, sent in zip(keys, case["sends"], strict=True):
        assert seal(key, 0, sent["text"].encode()).hex() == sent["sealed"]
        assert unseal(key, 0, bytes.fromhex(sent["sealed"])) == sent["text"].encode()


@pytest.mark.parametrize("refused", CHANNEL["refuses"], ids=lambda case: f"{case['of']}: {case['why']}")
def test_a_message_that_was_changed_is_refused(refused):
    case = IK if refused["of"] == "IK" else PAIRING
    sides = sides_of(case)
    for i in range(refused["message"]):
        writer, reader = sides if i % 2 == 0 else sides[::-1]
        reader.read(writer.write(case["payloads"][i].encode()))
    reader = sides[(refused["message"] + 1) % 2]
    with pytest.raises(HandshakeError):
        reader.read(bytes.fromhex(refused["hex"]))


def test_a_handshake_resumes_from_what_was_saved():
    initiator, responder = sides_of(PAIRING)
    responder.read(initiator.write())
    initiator.read(responder.write())
    other = sides_of(PAIRING)[1]
    other.resume(json.loads(json.dumps(responder.saved())))
    assert other.read(initiator.write(b"Firefox")) == b"Firefox"
    assert other.split() == initiator.split()


@pytest.mark.parametrize("case", CHANNEL["codes"], ids=lambda case: repr(case["typed"]))
def test_codes_are_read_as_they_are_typed(case):
    assert normal(case["typed"]) == case["code"]


def test_a_code_is_stretched_as_in_the_browser():
    case = CHANNEL["stretched"]
    assert stretched(case["code"], bytes.fromhex(case["salt"])).hex() == case["psk"]


def test_a_new_code_can_be_typed_as_it_is_shown():
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(normal(shown(code)) == code for code in codes)


def vector_request():
    case = CHANNEL["request"]
    ticket = bytes.fromhex(case["ticket"])
    ciphertext = seal(bytes.fromhex(IK["split"][0]), case["number"], framed(case["head"], case["body"].encode()))
    return len(ticket).to_bytes(2, "big") + ticket + case["number"].to_bytes(8, "big") + ciphertext


def test_a_request_has_the_bytes_of_the_vectors_and_opens():
    case, request = CHANNEL["request"], vector_request()
    assert (len(request), hashlib.sha256(request).hexdigest()) == (case["length"], case["sha256"])
    sealed = parts_of(request)
    assert (sealed.ticket.hex(), sealed.number) == (case["ticket"], case["number"])
    assert open_request(bytes.fromhex(IK["split"][0]), sealed) == (case["head"], case["body"].encode())


def test_an_answer_has_the_bytes_of_the_vectors_and_opens_for_its_request_only():
    case, request = CHANNEL["answer"], vector_request()
    key = bytes.fromhex(IK["split"][1])
    answer = seal_answer(key, request, case["head"], case["body"].encode(), bytes.fromhex(case["salt"]))
    assert (len(answer), hashlib.sha256(answer).hexdigest()) == (case["length"], case["sha256"])
    assert open_answer(key, request, answer) == (case["head"], case["body"].encode())
    with pytest.raises(HandshakeError):
        open_answer(key, request[:-1] + bytes([request[-1] ^ 1]), answer)


@pytest.mark.parametrize(
    "message",
    [b"", b"\0\0", b"\xff" * 5, b"\0\0\0\x02[]", b"\0\0\0\x02{}", b"\0\0\0\x0c" + b'{"length":9}', b"\0\0\0\x04nope"],
)
def test_a_frame_that_cannot_be_is_refused(message):
    with pytest.raises(HandshakeError):
        unframed(message)


def test_requests_with_and_without_a_taste_are_equally_long():
    head = CHANNEL["request"]["head"]
    assert len(framed(head, b"x" * 60)) == len(framed(head, b"x" * 7000))

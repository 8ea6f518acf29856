"""What travels inside the channel: requests and answers, filled up so that their length tells little.

extension/core/channel/frames.js mirrors it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import orjson

from kernel.json_object import JsonObject
from server.errors import HandshakeError
from server.trust.noise import seal, unseal

STEP = 16_384
_SALT_BYTES = 32
_INFO = b"carryover answer 1"


@dataclass(frozen=True)
class Sealed:
    """Body of a request through the channel, taken apart and not yet opened."""

    ticket: bytes
    number: int
    ciphertext: bytes


def framed(head: JsonObject, body: bytes) -> bytes:
    """Return a message: the length of its head, the head, the body, and zeros up to a multiple of STEP."""
    text = orjson.dumps({**head, "length": len(body)})
    message = len(text).to_bytes(4, "big") + text + body
    return message.ljust(-(-len(message) // STEP) * STEP, b"\0")


def unframed(message: bytes) -> tuple[JsonObject, bytes]:
    """Return head and body of a message; raises HandshakeError where it is none."""
    start = 4 + int.from_bytes(message[:4], "big")
    if len(message) < start:
        raise HandshakeError
    try:
        head = orjson.loads(message[4:start])
        length = head.pop("length")
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise HandshakeError from error
    if type(length) is not int or not 0 <= length <= len(message) - start:
        raise HandshakeError
    return head, message[start : start + length]


def parts_of(request: bytes) -> Sealed:
    """Return the parts of a request through the channel; raises HandshakeError where it is too short."""
    end = 2 + int.from_bytes(request[:2], "big")
    if len(request) < end + 8:
        raise HandshakeError
    return Sealed(request[2:end], int.from_bytes(request[end : end + 8], "big"), request[end + 8 :])


def open_request(key: bytes, sealed: Sealed) -> tuple[JsonObject, bytes]:
    """Return head and body of a request; raises HandshakeError."""
    return unframed(unseal(key, sealed.number, sealed.ciphertext))


def answer_key(key: bytes, salt: bytes, request: bytes) -> bytes:
    """Return the key of the answer to one request (HKDF-SHA-256)."""
    secret = hmac.digest(salt, key, "sha256")
    return hmac.digest(secret, _INFO + hashlib.sha256(request).digest() + b"\x01", "sha256")


def seal_answer(key: bytes, request: bytes, head: JsonObject, body: bytes, salt: bytes | None = None) -> bytes:
    """Return the answer to a request; `salt` is fixed for vectors only."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    return salt + seal(answer_key(key, salt, request), 0, framed(head, body))


def open_answer(key: bytes, request: bytes, answer: bytes) -> tuple[JsonObject, bytes]:
    """Return head and body of an answer, as a browser does; raises HandshakeError."""
    salt, ciphertext = answer[:_SALT_BYTES], answer[_SALT_BYTES:]
    return unframed(unseal(answer_key(key, salt, request), 0, ciphertext))

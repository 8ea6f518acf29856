"""The server's side of the channel: who asks, and that each request counts once (docs/pairing.md)."""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.json_object import JsonObject
from server.errors import HandshakeError, ProblemError
from server.trust.database import TrustDatabase
from server.trust.frames import open_request, parts_of
from server.trust.noise import KEY_BYTES, Handshake, P256KeyPair

PROLOGUE = b"carryover channel 1"
VALID_SECONDS = 600
TICKET_KEY = "CARRYOVER_TICKET_KEY"
_TICKET_DATA = b"carryover ticket 1"
_NONCE_BYTES = 12
_DEVICE_BYTES = 16
_MAX_NUMBER = 2**53


@dataclass(frozen=True)
class Opened:
    """Keys of a channel and the browser at its other end."""

    receiving: bytes
    sending: bytes
    device_id: str


def share_ticket_key() -> None:
    """Draw the key of tickets, for the worker processes that this one starts. It is in their memory only."""
    os.environ[TICKET_KEY] = secrets.token_hex(KEY_BYTES)


def _ticket_key() -> bytes:
    shared = os.environ.get(TICKET_KEY)
    return secrets.token_bytes(KEY_BYTES) if shared is None else bytes.fromhex(shared)


@dataclass(frozen=True)
class Channels:
    """The channels of one server; `now` is in seconds since 1970."""

    key: P256KeyPair
    now: Callable[[], float] = time.time
    ticket_key: bytes = field(default_factory=_ticket_key, repr=False)

    def open(self, message: bytes, database: TrustDatabase) -> bytes:
        """Answer the first message of a browser that is paired; raises HandshakeError, or ProblemError for others."""
        handshake = Handshake("IK", is_initiator=False, prologue=PROLOGUE, static=self.key)
        if handshake.read(message):
            raise HandshakeError
        device = database.device_of(handshake.remote_static or b"")
        if device is None:
            raise ProblemError(
                403, "unknown_device", "this browser is not paired: make a code with `python -m server pair`"
            )
        return handshake.write_last(lambda keys: self._ticket(keys, device.id))

    def _ticket(self, keys: tuple[bytes, bytes], device_id: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        expires = int(self.now()) + VALID_SECONDS
        content = keys[0] + keys[1] + bytes.fromhex(device_id) + expires.to_bytes(8, "big")
        return nonce + AESGCM(self.ticket_key).encrypt(nonce, content, _TICKET_DATA)

    def take(self, request: bytes, database: TrustDatabase) -> tuple[Opened, JsonObject, bytes]:
        """Return the channel, head and body of a request, once for each; raises HandshakeError or ProblemError."""
        sealed = parts_of(request)
        nonce, ciphertext = sealed.ticket[:_NONCE_BYTES], sealed.ticket[_NONCE_BYTES:]
        try:
            content = AESGCM(self.ticket_key).decrypt(nonce, ciphertext, _TICKET_DATA)
        except (InvalidTag, ValueError) as error:
            raise _expired() from error
        device_id = content[2 * KEY_BYTES : 2 * KEY_BYTES + _DEVICE_BYTES].hex()
        expires = int.from_bytes(content[-8:], "big")
        if expires <= self.now() or not database.has_device(device_id):
            raise _expired()
        opened = Opened(content[:KEY_BYTES], content[KEY_BYTES : 2 * KEY_BYTES], device_id)
        head, body = open_request(opened.receiving, sealed)
        # Only now: who has a ticket and not its keys cannot use up numbers.
        if sealed.number >= _MAX_NUMBER or not database.take(nonce, sealed.number, expires, self.now()):
            raise ProblemError(409, "request_repeated", "a request with this number was taken before")
        return opened, head, body


def _expired() -> ProblemError:
    return ProblemError(401, "channel_expired", "the channel is over: make a new one")

"""Handshakes of the Noise Protocol Framework, revision 34, with AES-256-GCM and SHA-256.

extension/core/channel/noise.js mirrors it; contracts/vectors/channel.json holds the cases of both.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.errors import HandshakeError

TAG_BYTES = 16
KEY_BYTES = 32

# Messages in turn, the initiator's first. What both know before is in `_KNOWN`.
PATTERNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "IK": (("e", "es", "s", "ss"), ("e", "ee", "se")),
    "XXpsk2": (("e",), ("e", "ee", "s", "es", "psk"), ("s", "se")),
}
_RESPONDER_KNOWN = ("IK",)


class KeyPair(Protocol):
    """Key pair of a curve."""

    @property
    def public(self) -> bytes:
        """Return the public key as it is in a message."""

    def shared_with(self, public: bytes) -> bytes:
        """Return the shared secret of 32 bytes; raises HandshakeError where `public` is not a key."""


class Curve(Protocol):
    """Curve that a handshake uses."""

    name: str
    public_bytes: int

    def generate(self) -> KeyPair:
        """Return a new key pair."""


@dataclass(frozen=True)
class P256KeyPair:
    """Key pair on P-256."""

    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        """Return the public key: 65 bytes, uncompressed."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def shared_with(self, public: bytes) -> bytes:
        """Return the x coordinate that both sides compute."""
        if len(public) != P256.public_bytes or public[0] != 4:
            raise HandshakeError
        try:
            return self.private.exchange(
                ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
            )
        except ValueError as error:  # a point that is not on the curve
            raise HandshakeError from error


class P256Curve:
    """The curve P-256, as FIDO's hybrid transport uses it in Noise."""

    name = "P256"
    public_bytes = 65

    def generate(self) -> P256KeyPair:
        """Return a new key pair."""
        return P256KeyPair(ec.generate_private_key(ec.SECP256R1()))


P256 = P256Curve()


def _hkdf(chaining_key: bytes, material: bytes, num: int) -> list[bytes]:
    secret = hmac.digest(chaining_key, material, "sha256")
    outputs: list[bytes] = []
    for counter in range(1, num + 1):
        before = outputs[-1] if outputs else b""
        outputs.append(hmac.digest(secret, before + bytes([counter]), "sha256"))
    return outputs


def nonce_of(number: int) -> bytes:
    """Return the nonce of AES-GCM for a number of 64 bits."""
    return bytes(4) + number.to_bytes(8, "big")


def seal(key: bytes, number: int, plaintext: bytes, data: bytes = b"") -> bytes:
    """Return `plaintext` encrypted under `key` with the nonce of `number`."""
    return AESGCM(key).encrypt(nonce_of(number), plaintext, data)


def unseal(key: bytes, number: int, ciphertext: bytes, data: bytes = b"") -> bytes:
    """Return the plaintext of `seal`; raises HandshakeError for every reason alike."""
    try:
        return AESGCM(key).decrypt(nonce_of(number), ciphertext, data)
    except (InvalidTag, ValueError) as error:
        raise HandshakeError from error


@dataclass
class _Symmetric:
    """SymmetricState of the framework."""

    hash: bytes
    chaining_key: bytes
    key: bytes | None = None
    number: int = 0

    def mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, material: bytes) -> None:
        self.chaining_key, self.key = _hkdf(self.chaining_key, material, 2)
        self.number = 0

    def mix_key_and_hash(self, material: bytes) -> None:
        self.chaining_key, mixed, self.key = _hkdf(self.chaining_key, material, 3)
        self.mix_hash(mixed)
        self.number = 0

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        ciphertext = plaintext
        if self.key is not None:
            ciphertext = seal(self.key, self.number, plaintext, self.hash)
            self.number += 1
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt_and_hash(self, ciphertext: bytes) -> bytes:
        plaintext = ciphertext
        if self.key is not None:
            plaintext = unseal(self.key, self.number, ciphertext, self.hash)
            self.number += 1
        self.mix_hash(ciphertext)
        return plaintext


@dataclass
class Handshake:
    """One side of a handshake.

    Attributes:
        ephemeral: a fixed key pair for vectors; drawn where it is None.
        psk: 32 bytes for patterns that have one. It may be given after the construction, before its message.
    """

    pattern: str
    is_initiator: bool
    prologue: bytes
    static: KeyPair
    remote_static: bytes | None = None
    psk: bytes | None = None
    ephemeral: KeyPair | None = None
    curve: Curve = P256
    remote_ephemeral: bytes = b""
    position: int = 0
    _state: _Symmetric = field(init=False)

    def __post_init__(self) -> None:
        name = f"Noise_{self.pattern}_{self.curve.name}_AESGCM_SHA256".encode()
        start = name.ljust(KEY_BYTES, b"\0") if len(name) <= KEY_BYTES else hashlib.sha256(name).digest()
        self._state = _Symmetric(start, start)
        self._state.mix_hash(self.prologue)
        if self.pattern in _RESPONDER_KNOWN:
            self._state.mix_hash(self._known_responder())

    def _known_responder(self) -> bytes:
        if not self.is_initiator:
            return self.static.public
        if self.remote_static is None:
            raise TypeError(f"remote_static is missing: the initiator of {self.pattern} knows it")
        return self.remote_static

    @property
    def _has_psk(self) -> bool:
        return "psk" in self.pattern

    def _mix_secret(self, step: str) -> None:
        """Mix the shared secret that a step (a token of the framework) names: the initiator's key first."""
        own, other = (step[0], step[1]) if self.is_initiator else (step[1], step[0])
        pair = self.ephemeral if own == "e" else self.static
        public = self.remote_ephemeral if other == "e" else self.remote_static
        if pair is None or public is None:
            raise TypeError(f"{step} before its keys are known")
        self._state.mix_key(pair.shared_with(public))

    def _mix_psk(self) -> None:
        if self.psk is None or len(self.psk) != KEY_BYTES:
            raise TypeError("psk must have 32 bytes")
        self._state.mix_key_and_hash(self.psk)

    def write(self, payload: bytes = b"") -> bytes:
        """Return the next message, which is this side's."""
        return self._written() + self._state.encrypt_and_hash(payload)

    def write_last(self, payload_of: Callable[[tuple[bytes, bytes]], bytes]) -> bytes:
        """Return the last message, with a payload made of the keys of `split`: they do not depend on it."""
        return self._written() + self._state.encrypt_and_hash(payload_of(self.split()))

    def _written(self) -> bytes:
        message = b""
        for step in PATTERNS[self.pattern][self.position]:
            if step == "e":
                self.ephemeral = self.ephemeral or self.curve.generate()
                message += self.ephemeral.public
                self._mix_ephemeral(self.ephemeral.public)
            elif step == "s":
                message += self._state.encrypt_and_hash(self.static.public)
            elif step == "psk":
                self._mix_psk()
            else:
                self._mix_secret(step)
        self.position += 1
        return message

    def read(self, message: bytes) -> bytes:
        """Return the payload of the other side's message; raises HandshakeError for every reason alike."""
        rest = message
        for step in PATTERNS[self.pattern][self.position]:
            if step == "e":
                self.remote_ephemeral, rest = self._cut(rest, self.curve.public_bytes)
                self._mix_ephemeral(self.remote_ephemeral)
            elif step == "s":
                length = self.curve.public_bytes + (0 if self._state.key is None else TAG_BYTES)
                part, rest = self._cut(rest, length)
                self.remote_static = self._state.decrypt_and_hash(part)
            elif step == "psk":
                self._mix_psk()
            else:
                self._mix_secret(step)
        self.position += 1
        return self._state.decrypt_and_hash(rest)

    def _mix_ephemeral(self, public: bytes) -> None:
        self._state.mix_hash(public)
        if self._has_psk:
            self._state.mix_key(public)

    @staticmethod
    def _cut(message: bytes, length: int) -> tuple[bytes, bytes]:
        if len(message) < length:
            raise HandshakeError
        return message[:length], message[length:]

    def split(self) -> tuple[bytes, bytes]:
        """Return the keys for what follows: the initiator's first."""
        if self.position != len(PATTERNS[self.pattern]):
            raise TypeError("split before the last message")
        first, second = _hkdf(self._state.chaining_key, b"", 2)
        return first, second

    def saved(self) -> dict[str, str | int]:
        """Return the state between two messages, without keys of others, for `resumed`."""
        state = self._state
        return {
            "hash": state.hash.hex(),
            "chainingKey": state.chaining_key.hex(),
            "key": "" if state.key is None else state.key.hex(),
            "number": state.number,
            "position": self.position,
            "remoteEphemeral": self.remote_ephemeral.hex(),
        }

    def resume(self, saved: dict[str, str | int]) -> None:
        """Continue where `saved` was taken."""
        key = str(saved["key"])
        self._state = _Symmetric(
            bytes.fromhex(str(saved["hash"])), bytes.fromhex(str(saved["chainingKey"])),
            bytes.fromhex(key) if key else None, int(saved["number"]),
        )  # fmt: skip
        self.position = int(saved["position"])
        self.remote_ephemeral = bytes.fromhex(str(saved["remoteEphemeral"]))

"""Signatures of bundles: Ed25519 over the bytes of manifest.json, in manifest.sig beside it.

contracts/vectors/bundle-signature.json holds the cases; extension/core/bundle-signature.js mirrors the check.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = "manifest.sig"
MAX_SIGNATURE_BYTES = 4096
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


class SignatureError(ValueError):
    """A signature or a file of keys that cannot be accepted; the message is one sentence."""


@dataclass(frozen=True)
class Signer:
    """Whose key signed a bundle. `name` is what the list of trusted keys calls it; None without such a list."""

    key_id: str
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.name} (key {self.key_id})" if self.name else f"key {self.key_id}, which no list vouches for"


def key_id(public_key: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a raw public key (32 bytes)."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def sign(manifest: bytes, private_key: Ed25519PrivateKey) -> bytes:
    """Return the content of manifest.sig for the bytes of a manifest."""
    public = private_key.public_key().public_bytes_raw()
    document = {
        "keyId": key_id(public),
        "publicKey": base64.b64encode(public).decode(),
        "signature": base64.b64encode(private_key.sign(manifest)).decode(),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file that `python -m exporter keygen` made; raises SignatureError."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise SignatureError(
            f"{path}: expected a private key that `python -m exporter keygen` made: {error}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{path}: expected an Ed25519 key, got {type(key).__name__}")
    return key


def read_signature(directory: Path) -> bytes | None:
    """Return the content of a bundle's manifest.sig, None where there is none; raises SignatureError for a link."""
    path = directory / SIGNATURE
    if path.is_symlink():
        raise SignatureError(f"{SIGNATURE}: is a symbolic link; a bundle holds plain files only")
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(MAX_SIGNATURE_BYTES + 1)


def read_trusted_keys(path: Path) -> dict[bytes, str]:
    """Return name by raw public key from lines `BASE64 NAME`; raises SignatureError. A line of # is a comment."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SignatureError(f"{path}: expected a file of trusted keys, cannot read it: {error}") from error
    keys = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        text, _, name = line.strip().partition(" ")
        key = _decoded(text, _KEY_BYTES)
        if key is None:
            raise SignatureError(f"{path}:{number}: expected an Ed25519 public key as base64, then a name")
        keys[key] = name.strip() or key_id(key)
    if not keys:
        raise SignatureError(f"{path}: expected at least one trusted key, found none")
    return keys


def signer_of(manifest: bytes, signature: bytes | None, trusted: Mapping[bytes, str] | None) -> Signer | None:
    """Return whose key signed a manifest; None where it is unsigned and no keys are trusted.

    Raises SignatureError for a forged or damaged signature, and where keys are given for an unsigned bundle or one of
    another key.
    """
    if signature is None:
        if trusted is None:
            return None
        raise SignatureError(f"{SIGNATURE}: missing, and only bundles of the trusted keys are accepted")
    public, signed = _read(signature)
    if trusted is not None and public not in trusted:
        raise SignatureError(f"{SIGNATURE}: signed by key {key_id(public)}, which is not among the trusted keys")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, manifest)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(
            f"{SIGNATURE}: is not a signature of this manifest.json by key {key_id(public)}"
        ) from error
    return Signer(key_id(public), trusted[public] if trusted is not None else None)


def _read(signature: bytes) -> tuple[bytes, bytes]:
    """Return the raw public key and the raw signature of a manifest.sig."""
    malformed = SignatureError(f"{SIGNATURE}: expected JSON with keyId, publicKey and signature")
    if len(signature) > MAX_SIGNATURE_BYTES:
        raise malformed
    try:
        document = json.loads(signature)
    except ValueError as error:
        raise malformed from error
    if not isinstance(document, dict) or document.keys() != {"keyId", "publicKey", "signature"}:
        raise malformed
    public, signed = _decoded(document["publicKey"], _KEY_BYTES), _decoded(document["signature"], _SIGNATURE_BYTES)
    if public is None or signed is None or document["keyId"] != key_id(public):
        raise malformed
    return public, signed


def _decoded(text: object, length: int) -> bytes | None:
    """Return base64 of exactly `length` bytes decoded, None for anything else."""
    try:
        decoded = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return None
    return decoded if len(decoded) == length else None

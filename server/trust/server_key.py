"""The server's key pair: made once, in the data directory, readable by its owner alone."""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from server.errors import InputError
from server.trust.noise import P256, P256KeyPair

FILE_NAME = "server-key.pem"


def read_or_make(data_dir: Path) -> P256KeyPair:
    """Return the server's key pair, made where there is none yet; raises InputError where the file is not one."""
    path = data_dir / FILE_NAME
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def fingerprint(public: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def _read(path: Path) -> P256KeyPair:
    content = path.read_bytes()
    if path.stat().st_mode & 0o077:
        raise InputError(
            f"{path}: other users of this machine can read it: chmod 600 {path}, or delete it and pair again"
        )
    try:
        key = load_pem_private_key(content, password=None)
    except ValueError as error:
        raise InputError(f"{path}: expected a private key: {error}; delete it and pair again") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError(f"{path}: expected a P-256 key; delete it and pair again")
    return P256KeyPair(key)


def _make(path: Path) -> None:
    """Write a new key. Of two processes that do so at once the first wins: a link is made only where there is none."""
    pem = P256.generate().private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink()

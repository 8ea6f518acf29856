"""The commands `keygen` and `sign`: Ed25519 keys, and the signature of a bundle's manifest."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exporter.bundle_draft import MANIFEST
from exporter.errors import BundleError, InputError
from exporter.verify import read_manifest
from kernel.bundle_signature import SIGNATURE, SignatureError, key_id, read_private_key, sign
from kernel.files import write_whole

PRIVATE_KEY, PUBLIC_KEY = "bundle-key.pem", "bundle-key.pub"


def keygen(out: Path, name: str) -> str:
    """Write a new private key (mode 600) and its line for a list of trusted keys; return the key's id.

    Raises InputError rather than replace a key: what it signed could never be signed again.
    """
    out.mkdir(parents=True, exist_ok=True)
    private_path, public_path = out / PRIVATE_KEY, out / PUBLIC_KEY
    for path in (private_path, public_path):
        if path.exists():
            raise InputError(f"{path}: exists and is not replaced; choose another --out")
    private_key = Ed25519PrivateKey.generate()
    public = private_key.public_key().public_bytes_raw()
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    private_path.touch(mode=0o600)
    private_path.write_bytes(pem)
    public_path.write_text(f"{base64.b64encode(public).decode()} {name}\n", encoding="utf-8")
    return key_id(public)


def sign_bundle(directory: Path, key: Path) -> str:
    """Write manifest.sig beside a bundle's manifest and return the key's id; raises BundleError or InputError."""
    read_manifest(directory)
    try:
        private_key = read_private_key(key)
    except SignatureError as error:
        raise InputError(str(error)) from error
    if (directory / SIGNATURE).is_symlink():
        raise BundleError(f"{directory / SIGNATURE}: is a symbolic link; a bundle holds plain files only")
    with write_whole(directory / SIGNATURE) as file:
        file.write(sign((directory / MANIFEST).read_bytes(), private_key))
    return key_id(private_key.public_key().public_bytes_raw())

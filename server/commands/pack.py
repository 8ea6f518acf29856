"""The command `pack`: the catalogue of a shop as files for a static host."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from encoders.encoder import Encoder
from kernel.bundle_signature import SignatureError, read_private_key
from server.catalogue.database import Catalogue
from server.encoding.bundle import check_probes, load_bundle
from server.errors import InputError
from server.locks import held_lock
from server.packs.build import build
from server.packs.publish import publish, read_previous
from server.packs.source import read_catalogue, vectors_rule
from server.settings import Settings


class Summary(TypedDict):
    """Summary of one shop's pack, as the command prints it.

    `bytes` is what a new device downloads, as it is compressed; `deltaBytes` what a device downloads that has the pack
    before, None where it takes all.
    """

    shop: str
    manifest: str
    items: int
    bytes: int
    deltaBytes: int | None
    signed: bool
    deleted: int


def pack(
    shops: list[str], settings: Settings, out: Path, *, bits: int, key_file: Path | None, previous: Path | None,
    say: Callable[[str], None],
) -> list[Summary]:  # fmt: skip
    """Write the packs of shops to a folder and return a summary of each. `say` gets one line a shop."""
    try:
        key = None if key_file is None else read_private_key(key_file)
    except SignatureError as error:
        raise InputError(str(error)) from error
    bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
    check_probes(bundle)
    encoder = Encoder(bundle.directory, bundle.manifest, on_cpu=True)
    rule = vectors_rule(bundle.manifest, bits)
    out.mkdir(parents=True, exist_ok=True)
    busy = f"process {{pid}} is already writing packs of {settings.data_dir}; wait for it, or stop it"
    summaries: list[Summary] = []
    with held_lock(settings.data_dir / "pack.lock", busy):
        catalogue = Catalogue(settings.data_dir)
        try:
            for shop in shops:
                read = read_catalogue(catalogue, bundle, encoder, shop)
                made = build(read, encoder, rule, read_previous(previous or out, shop, bundle.space))
                deleted = publish(out, made, key)
                say(f"{shop}: {len(read.ids)} items in {made.num_bytes} bytes, {made.manifest_name}")
                summaries.append(
                    {
                        "shop": shop,
                        "manifest": made.manifest_name,
                        "items": len(read.ids),
                        "bytes": made.num_bytes,
                        "deltaBytes": made.num_delta_bytes,
                        "signed": key is not None,
                        "deleted": len(deleted),
                    }
                )
        finally:
            catalogue.close()
    return summaries

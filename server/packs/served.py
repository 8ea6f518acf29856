"""Packs of a running server, built from its catalogue when they are asked for."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from encoders.encoder import Encoder
from kernel.pack_reader import LIST
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle
from server.packs.build import build
from server.packs.publish import list_bytes, list_entry
from server.packs.source import read_catalogue, vectors_rule
from server.settings import DEFAULT_BITS

# A pack of 10,000 items has some 1 MB.
_KEPT = 4


@dataclass(frozen=True)
class ServedPack:
    """Files by name, list.json among them, of a shop's catalogue at one version."""

    version: int
    files: Mapping[str, bytes]


class ServedPacks:
    """Packs of the shops that were asked for last. Each is built once for a version of its shop."""

    def __init__(self, bundle: Bundle, encoder: Encoder) -> None:
        self._bundle = bundle
        self._encoder = encoder
        self._rule = vectors_rule(bundle.manifest, DEFAULT_BITS)
        self._packs: OrderedDict[str, ServedPack] = OrderedDict()
        self._lock = threading.Lock()

    def files(self, catalogue: Catalogue, shop: str) -> Mapping[str, bytes]:
        """Return the files of a shop's pack: what `pack` writes to an empty folder; raises InputError without items."""
        version = catalogue.shop_versions().get(shop, 0)
        with self._lock:
            found = self._packs.get(shop)
            if found is None or found.version != version:
                read = read_catalogue(catalogue, self._bundle, self._encoder, shop)
                entry, files = list_entry(build(read, self._encoder, self._rule, None), None)
                found = ServedPack(version, {**files, LIST: list_bytes([entry])})
            self._packs[shop] = found
            self._packs.move_to_end(shop)
            while len(self._packs) > _KEPT:
                self._packs.popitem(last=False)
            return found.files

"""Probes of a bundle run through its towers: from raw product fields and image bytes to item and user embeddings."""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from encoders.encoder import Encoder
from encoders.errors import ImageError
from encoders.pixels import decode_image, to_pixels
from encoders.token_table import read_table
from encoders.tokens import Tokens
from encoders.towers import ByRole, Floats, Tower
from kernel.bundle_probes import ProbeError, check_vector, decode_vector, read_probes, stated_vectors
from kernel.contract_types import BundleManifest, BundleProbes, BundleTower, ItemProbe, Product, UserProbe
from kernel.item_text import item_text
from kernel.json_object import JsonObject

_MAX_PIXELS = 2**20


class ProbedBundle:
    """The towers of a bundle whose files are verified, on the CPU."""

    def __init__(self, directory: Path, manifest: BundleManifest) -> None:
        self._directory = directory
        self._manifest = manifest
        self._entries = cast(dict[str, BundleTower], manifest["towers"])

    def check(self) -> None:
        """Run the bundle's probes.

        Raises ProbeError for the first one that does not give its stated vector, EncodingError for a tower that cannot
        be run.
        """
        path = self._directory / self._manifest["probes"]["file"]
        try:
            self._check(read_probes(path.read_bytes(), self._manifest))
        except ProbeError as error:
            raise ProbeError(f"{path}: {error}") from error

    def _check(self, probes: BundleProbes) -> None:
        stated = stated_vectors(probes)
        for i, vector in enumerate(self.items(probes["items"])):
            encoders = ("textEncoder", *(["imageEncoder"] if "image" in probes["items"][i] else []))
            check_vector(f"items[{i}]", vector, stated[i], self._precisions(*encoders, "itemTower"))
        self._check_users(probes, stated, "users[{}]", self._entries["userTower"])
        lite = cast(JsonObject, self._manifest).get("lite", {})
        if "textToItem" in lite:
            self._check_lite_texts(probes, stated, lite["textToItem"])
        if "userTower" in lite and lite["userTower"]["file"] != self._entries["userTower"]["file"]:
            self._check_users(probes, stated, "users[{}] by lite.userTower", lite["userTower"])

    def items(self, probes: Sequence[ItemProbe]) -> Floats:
        """Return the embeddings of items, (n, dim), by text encoder, image encoder and item tower."""
        texts = [self._text(probe) for probe in probes]
        pixels = [self._pixels(i, probe) for i, probe in enumerate(probes)]
        for i, (text, image) in enumerate(zip(texts, pixels, strict=True)):
            if not text and image is None:
                raise ProbeError(f"items[{i}]: has neither a text by text.itemText nor an image")
        return Encoder(self._directory, self._manifest, on_cpu=True).embed(texts, pixels)

    def users(self, probes: Sequence[UserProbe], items: Floats, entry: BundleTower) -> Iterator[Floats]:
        """Yield the embedding of each history, (dim,), by a user tower; `items` are the embeddings of all items."""
        tower = Tower(self._directory / entry["file"], entry, on_cpu=True)
        kinds = list(self._manifest["interactions"]["kinds"])
        most = self._manifest["interactions"]["maxItems"]
        for probe in probes:
            history = {
                "items": items[probe["items"][:most]],
                "kinds": np.array([kinds.index(kind) for kind in probe["kinds"][:most]]),
                "agesDays": np.array(probe["agesDays"][:most]),
                "itemMask": np.ones(len(probe["items"][:most])),
                "weights": np.array(probe["weights"][:most]),
            }
            yield tower.run({role: values[None] for role, values in history.items()})[0]

    def _check_users(self, probes: BundleProbes, stated: Floats, place: str, entry: BundleTower) -> None:
        precisions = [entry["precision"], *self._precisions("userTower")]
        vectors = self.users(probes["users"], stated, entry)
        for i, (probe, vector) in enumerate(zip(probes["users"], vectors, strict=True)):
            check_vector(place.format(i), vector, decode_vector(probe["embedding"]), precisions)

    def _check_lite_texts(self, probes: BundleProbes, stated: Floats, entry: BundleTower) -> None:
        """Compare what a browser makes of texts with the stated vectors of the full towers."""
        precisions = [entry["precision"], *self._precisions("textEncoder", "itemTower")]
        tower = Tower(self._directory / entry["file"], entry, on_cpu=True)
        shown = [i for i, probe in enumerate(probes["items"]) if "image" not in probe]
        feeds = self._text_feeds([self._text(probes["items"][i]) for i in shown])
        for i, feed in zip(shown, feeds, strict=True):
            check_vector(f"items[{i}] by lite.textToItem", tower.run(feed)[0], stated[i], precisions)

    def _text_feeds(self, texts: Sequence[str]) -> Iterator[ByRole]:
        """Yield what a tower that reads texts takes of each of them, one row each."""
        rule = self._manifest["text"]
        if "table" in rule:
            yield from ({"text": row[None]} for row in read_table(self._directory, rule["table"]).encode(texts))
            return
        tokens = Tokens(self._directory / rule["tokenizer"]["file"], rule["tokenizer"], rule.get("prefix", ""))
        for encoding in tokens.encode(texts):
            ids, mask = tokens.pad([encoding])
            yield {"inputIds": ids, "attentionMask": mask, "tokenTypeIds": np.zeros_like(ids)}

    def _text(self, probe: ItemProbe) -> str:
        return item_text(cast(Product, probe["product"]), self._manifest["text"]["itemText"])

    def _pixels(self, i: int, probe: ItemProbe) -> Floats | None:
        if "image" not in probe:
            return None
        try:
            image = decode_image(base64.b64decode(probe["image"]), _MAX_PIXELS)
            return to_pixels(image, self._manifest["image"])
        except ImageError as error:
            raise ProbeError(f"items[{i}].image: {error}") from error

    def _precisions(self, *keys: str) -> list[str]:
        return [self._entries[key]["precision"] for key in keys if key in self._entries]

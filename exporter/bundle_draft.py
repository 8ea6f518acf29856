"""Draft of a bundle in memory: its files' bytes and the content of its manifest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict, cast

import onnx

from exporter import onnx_edit
from exporter.errors import ExportError
from kernel.bundle_probes import PROBES
from kernel.bundle_rules import FORMAT, space_of
from kernel.commit import current_commit
from kernel.contract_types import (
    BundleCreator,
    BundleManifest,
    BundleText,
    BundleTower,
    BundleTowers,
    ImageRule,
    InteractionKind,
    ItemTextRule,
    LiteBundle,
    PoolingRule,
    Tensor,
    TextBlockRule,
    TokenizerType,
    TowerLoss,
    TowerOrigin,
    TowerParity,
    TowerSpeed,
)
from kernel.version import VERSION

if TYPE_CHECKING:  # they import torch, which takes seconds and which checking a bundle does not need
    from exporter.browser_image import BrowserImage
    from exporter.shop_metric import ShopMetricFile

Precision = Literal["float32", "float16", "int8"]

MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
TABLE = "tokens.bin"
KINDS: tuple[InteractionKind, ...] = ("view", "wishlist", "cart", "purchase", "rating", "dismiss")
MAX_ITEMS = 100
# What a shopper compares goods by, and no more: descriptions repeat the title and drown it in boilerplate.
ITEM_TEXT: ItemTextRule = {
    "fields": ["title", "brand", "categoryPath", "attributes.color", "attributes.material", "attributes.pattern"],
    "separator": ". ",
    "maxChars": 512,
}
_DTYPES = {onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.INT64: "int64", onnx.TensorProto.INT32: "int32"}


class TokenizerAbout(TypedDict):
    """The manifest's TokenizerRule without the file's name."""

    type: TokenizerType
    maxTokens: int
    padTo: NotRequired[int]


class TextMembers(TypedDict, total=False):
    """The members of a draft that give texts their features: a tokenizer with its rule, or a token table."""

    tokenizer: bytes
    tokenizer_about: TokenizerAbout
    table: bytes
    table_dim: int


@dataclass(frozen=True)
class TowerFile:
    """One ONNX model of a bundle; its tensors' names are their roles."""

    file: str
    data: bytes
    precision: Precision = "float32"

    @classmethod
    def of(cls, file: str, model: onnx.ModelProto, precision: Precision = "float32") -> "TowerFile":
        """Return the tower file of a canonical model."""
        return cls(file, onnx_edit.to_bytes(model), precision)


@dataclass
class Draft:
    """What a bundle will hold. Towers go by their manifest keys: textEncoder, imageEncoder, itemTower, userTower."""

    name: str
    dim: int
    towers: dict[str, TowerFile]
    tokenizer: bytes | None = None  # with its rule, or a token table alone
    tokenizer_about: TokenizerAbout | None = None
    table: bytes | None = None
    table_dim: int = 0
    prefix: str = ""  # what the text encoder expects before every text
    text_to_item: TowerFile | None = None  # of a browser, or text_block instead; with neither there is no `lite`
    text_block: TextBlockRule | None = None
    pooling: PoolingRule | None = None  # of a browser, instead of the user tower
    browser_image: "BrowserImage | None" = None  # of a browser that reads images, beside text_block
    filler: int | None = None
    shop_metric: "ShopMetricFile | None" = None
    image: ImageRule | None = None
    item_text: ItemTextRule = field(default_factory=lambda: ITEM_TEXT)
    max_items: int = MAX_ITEMS  # of a history that the user tower sees
    origin: list[TowerOrigin] = field(default_factory=list)
    parity: list[TowerParity] = field(default_factory=list)
    speed: list[TowerSpeed] = field(default_factory=list)
    loss: list[TowerLoss] = field(default_factory=list)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    probes: bytes | None = None  # of the finished draft: exporter.probes.add_probes

    def files(self) -> dict[str, bytes]:
        """Return every file but the manifest, by its path in the bundle."""
        towers = [*self.towers.values(), *([self.text_to_item] if self.text_to_item else [])]
        towers += [self.browser_image.tower] if self.browser_image else []
        files = {**self._text_file(), **{tower.file: tower.data for tower in towers}}
        files |= {self.shop_metric.rule["file"]: self.shop_metric.data} if self.shop_metric else {}
        return files | ({PROBES: self.probes} if self.probes is not None else {})

    def manifest(self) -> BundleManifest:
        """Return the manifest of contracts/bundle.schema.json."""
        files = self.files()
        manifest: BundleManifest = {
            "format": FORMAT,
            "name": self.name,
            "dim": self.dim,
            "normalised": True,
            "space": "",  # set below, from what this holds
            "createdBy": _created_by(),
            "files": {
                path: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                for path, data in sorted(files.items())
            },
            "towers": cast(BundleTowers, {key: _tower(tower) for key, tower in self.towers.items()}),
            "text": self._text_rule(),
            "probes": {"file": PROBES},
            "interactions": {"kinds": list(KINDS), "maxItems": self.max_items},
            "origin": self.origin,
            "parity": self.parity,
            "speed": self.speed,
            "metrics": dict(self.metrics),
        }
        if self.loss:
            manifest["loss"] = self.loss
        if self.prefix:
            manifest["text"]["prefix"] = self.prefix
        if self.filler is not None:
            manifest["filler"] = self.filler
        if self.image is not None:
            manifest["image"] = self.image
        if self.shop_metric is not None:
            manifest["shopMetric"] = self.shop_metric.rule
        if self.text_to_item is not None or self.text_block is not None:
            manifest["lite"] = self._lite()
        manifest["space"] = space_of(manifest)
        return manifest

    def _lite(self) -> LiteBundle:
        user_tower, metric = self.towers["userTower"], self.shop_metric.data if self.shop_metric else b""
        always = (*self._text_file().values(), metric, self.probes or b"")
        lite: LiteBundle = {"downloadBytes": sum(map(len, always))}
        if self.text_block is not None:
            lite["textBlock"] = self.text_block
        elif self.text_to_item is not None:
            lite["textToItem"] = _tower(self.text_to_item)
            lite["downloadBytes"] += len(self.text_to_item.data)
        if self.pooling is not None:
            lite["pooling"] = self.pooling
        else:
            lite["userTower"] = _tower(user_tower)
            lite["downloadBytes"] += len(user_tower.data)
        if self.browser_image is not None:
            tower = self.browser_image.tower
            lite["image"] = {
                "toItem": _tower(tower),
                "rule": self.browser_image.rule,
                "downloadBytes": len(tower.data),
            }
        return lite

    def _text_file(self) -> dict[str, bytes]:
        if self.table is not None:
            return {TABLE: self.table}
        return {TOKENIZER: self.tokenizer} if self.tokenizer is not None else {}

    def _text_rule(self) -> BundleText:
        if self.table is not None:
            return {"table": {"file": TABLE, "dim": self.table_dim}, "itemText": self.item_text}
        if self.tokenizer_about is None:
            raise ExportError(f"{self.name}: expected a tokenizer with its rule, or a token table")
        return {"tokenizer": {"file": TOKENIZER, **self.tokenizer_about}, "itemText": self.item_text}


def _tower(tower: TowerFile) -> BundleTower:
    graph = onnx.load_model_from_string(tower.data).graph
    return {
        "file": tower.file,
        "precision": tower.precision,
        "inputs": [_tensor(value) for value in graph.input],
        "outputs": [_tensor(value) for value in graph.output],
    }


def _tensor(value: Any) -> Tensor:
    kind = value.type.tensor_type
    if kind.elem_type not in _DTYPES:
        raise ExportError(f"{value.name}: tensors of ONNX type {kind.elem_type} are not in the bundle contract")
    shape = [size.dim_param or size.dim_value for size in kind.shape.dim]
    return cast(Tensor, {"name": value.name, "role": value.name, "dtype": _DTYPES[kind.elem_type], "shape": shape})


def _created_by() -> BundleCreator:
    commit = current_commit()
    return {"version": VERSION, "commit": commit} if commit else {"version": VERSION}

"""Card of a bundle: what it is, where it comes from, what it holds, and how well and how fast it runs."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

from encoders.errors import EncodingError
from encoders.token_table import table_file_from
from exporter.errors import BundleError
from exporter.verify import bundle_id, read_manifest
from kernel.bundle_agreement import browser_towers, lite_image
from kernel.contract_types import BundleManifest, BundleTower
from kernel.json_object import JsonMapping, JsonObject

SIGNATURE = "manifest.sig"
_MB = 1e6
_TOP_SCRIPTS = 4


class TowerCard(TypedDict):
    """One tower: its key in the manifest, file, precision, bytes, and `role (shape)` of its inputs and output."""

    tower: str
    file: str
    precision: str
    bytes: int
    inputs: list[str]
    output: str


class TokenizerCard(TypedDict):
    """The tokenizer; `scripts` maps the commonest scripts of its pieces to their share."""

    type: str
    maxTokens: int
    pieces: int
    scripts: dict[str, float]


class TableCard(TypedDict):
    """The token table that a bundle has in the place of tokenizer and text encoder; `scripts` as of a tokenizer."""

    dim: int
    pieces: int
    translations: int
    scripts: dict[str, float]


class Card(TypedDict):
    """Everything that a person wants to know of a bundle. `problems` names files that are missing or of another size.

    `rules` are those of `lite`, by which a browser makes items and users without a tower.
    `signature` is the content of manifest.sig, None for an unsigned bundle; it is shown, not checked.
    """

    name: str
    bundleId: str
    space: str
    format: int
    dim: int
    createdBy: JsonObject
    origin: list[JsonObject]
    towers: list[TowerCard]
    tokenizer: TokenizerCard | None
    table: TableCard | None
    text: JsonObject
    image: JsonObject | None
    bytes: int
    download: dict[str, int]
    imageDownload: dict[str, int]
    rules: dict[str, JsonObject]
    parity: list[JsonObject]
    speed: list[JsonObject]
    loss: list[JsonObject]
    metrics: JsonObject
    shopMetric: JsonObject | None
    signature: JsonObject | None
    problems: list[str]


def card_of(directory: Path) -> Card:
    """Return the card of a bundle, from its manifest and tokenizer; raises BundleError for what is not a bundle.

    No file is hashed and no tower is run: `python -m exporter verify` does both.
    """
    manifest = read_manifest(directory)
    whole = cast(JsonObject, manifest)
    return {
        "name": manifest["name"],
        "bundleId": bundle_id(directory),
        "space": manifest["space"],
        "format": manifest["format"],
        "dim": manifest["dim"],
        "createdBy": dict(whole["createdBy"]),
        "origin": list(whole["origin"]),
        "towers": [_tower_card(manifest, key, tower) for key, tower in towers_of(manifest).items()],
        "tokenizer": _tokenizer_card(directory, manifest) if "tokenizer" in whole["text"] else None,
        "table": _table_card(directory, manifest) if "table" in whole["text"] else None,
        "text": {key: value for key, value in whole["text"].items() if key not in ("tokenizer", "table")},
        "image": whole.get("image"),
        "bytes": sum(entry["bytes"] for entry in manifest["files"].values()),
        "download": _download(manifest),
        "imageDownload": _image_download(manifest),
        "rules": {key: whole["lite"][key] for key in ("textBlock", "pooling") if key in whole.get("lite", {})},
        "parity": list(whole["parity"]),
        "speed": list(whole["speed"]),
        "loss": list(whole.get("loss", [])),
        "metrics": dict(whole["metrics"]),
        "shopMetric": whole.get("shopMetric"),
        "signature": _signature(directory),
        "problems": list(_problems(directory, manifest)),
    }


def towers_of(manifest: BundleManifest) -> dict[str, BundleTower]:
    """Return the towers by their place: textEncoder, imageEncoder, itemTower, userTower, lite.NAME."""
    return {**cast(JsonObject, manifest)["towers"], **browser_towers(manifest)}


def lines_of(card: Card) -> Iterator[str]:
    """Yield the card as text for a terminal."""
    creator = card["createdBy"]
    yield f"{card['name']}, item vectors of {card['dim']} numbers, bundle format {card['format']}"
    yield f"  bundleId   {card['bundleId']}"
    yield f"  space      {card['space']}"
    yield f"  created by exporter {creator['version']}" + (
        f", commit {creator['commit']}" if "commit" in creator else ""
    )
    yield f"  signature  {_signed(card['signature'])}"
    for problem in card["problems"]:
        yield f"  PROBLEM    {problem}"
    yield from _section("Origin and licences", _rows(card["origin"], ("tower", "source", "licence", "note")))
    yield from _section(f"Towers ({card['bytes'] / _MB:.1f} MB in all)", [
        (t["tower"], t["precision"], megabytes(t["bytes"]), f"{', '.join(t['inputs'])} -> {t['output']}")
        for t in card["towers"]
    ])  # fmt: skip
    yield from _section("Text", list(_about_text(card)))
    if card["image"] is not None:
        yield from _section("Images", [(key, _shown(value)) for key, value in card["image"].items()])
    if card["download"]:
        total = sum(card["download"].values())
        files = [(name, megabytes(size)) for name, size in card["download"].items()]
        yield from _section(f"A browser downloads {megabytes(total)}", files)
        rules = [(f"lite.{key}", ", ".join(map(_pair, rule.items()))) for key, rule in card["rules"].items()]
        more = [(name, megabytes(size)) for name, size in card["imageDownload"].items()]
        yield from _section("A browser that reads images downloads this, too", more)
        yield from _section("Rules in the place of towers that a browser would run", rules)
    metric = card["shopMetric"]
    if metric is not None:
        about = [(key, _shown(value)) for key, value in metric.items()]
        yield from _section("Shop metric: items are compared by their shop's mean and covariance", about)
    columns = ("tower", "against", "minCosine", "maxAbsDiff", "samples")
    yield from _section("Parity", _rows(card["parity"], columns))
    yield from _section("Speed, ms", _rows(card["speed"], ("tower", "provider", "batch", "p50Ms", "p95Ms")))
    yield from _section("Loss by precision", [tuple(map(_pair, loss.items())) for loss in card["loss"]])
    yield from _section("Metrics of its training run", [(k, _shown(v)) for k, v in card["metrics"].items()])
    yield ""
    yield "No file was hashed and no tower was run: `python -m exporter verify DIR` does both."


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows of cells as lines with aligned columns."""
    widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(max(map(len, rows), default=0))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def megabytes(size: int) -> str:
    """Return a number of bytes as megabytes, of 10^6."""
    return f"{size / _MB:.2f} MB" if size < 10 * _MB else f"{size / _MB:.1f} MB"


def _section(title: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield ""
        yield title
        yield from aligned(rows)


def _rows(entries: Sequence[JsonMapping], keys: Sequence[str]) -> list[tuple[str, ...]]:
    if not entries:
        return []
    shown = [key for key in keys if any(key in entry for entry in entries)]
    return [tuple(shown), *(tuple(_shown(entry.get(key, "")) for key in shown) for entry in entries)]


def _about_text(card: Card) -> Iterator[tuple[str, str]]:
    tokenizer, table = card["tokenizer"], card["table"]
    scripts: dict[str, float] = {}
    if tokenizer is not None:
        kind = f"{tokenizer['type']}, {tokenizer['pieces']:,} pieces, texts cut to {tokenizer['maxTokens']} tokens"
        yield "tokenizer", kind
        scripts = tokenizer["scripts"]
    if table is not None:
        yield (
            "token table",
            f"{table['pieces']:,} pieces, {table['translations']:,} translations, {table['dim']} numbers",
        )
        scripts = table["scripts"]
    yield "scripts", ", ".join(f"{name} {share:.0%}" for name, share in scripts.items())
    for key, value in card["text"].items():
        yield key, _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(map(_pair, value.items()))
    if isinstance(value, list):
        return " ".join(map(_shown, value))
    return json.dumps(value)


def _pair(item: tuple[str, object]) -> str:
    return f"{item[0]} {_shown(item[1])}"


def _tower_card(manifest: BundleManifest, key: str, tower: BundleTower) -> TowerCard:
    def tensor(entry: JsonMapping) -> str:
        return f"{entry['role']} ({', '.join(map(str, entry['shape']))})"

    return {
        "tower": key,
        "file": tower["file"],
        "precision": tower["precision"],
        "bytes": manifest["files"][tower["file"]]["bytes"],
        "inputs": [tensor(cast(JsonObject, entry)) for entry in tower["inputs"]],
        "output": tensor(cast(JsonObject, tower["outputs"][0])),
    }


def _tokenizer_card(directory: Path, manifest: BundleManifest) -> TokenizerCard:
    rule = manifest["text"]["tokenizer"]
    path = directory / rule["file"]
    try:
        vocabulary = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path}: expected a tokenizer.json with a vocabulary: {error}") from error
    # A mapping of piece to id, or for unigram models a list of (piece, score).
    pieces = list(vocabulary) if isinstance(vocabulary, dict) else [entry[0] for entry in vocabulary]
    return {
        "type": rule["type"],
        "maxTokens": rule["maxTokens"],
        "pieces": len(pieces),
        "scripts": _scripts(pieces),
    }


def _table_card(directory: Path, manifest: BundleManifest) -> TableCard:
    rule = manifest["text"]["table"]
    path = directory / rule["file"]
    try:
        table = table_file_from(path.read_bytes())
    except (OSError, EncodingError) as error:
        raise BundleError(f"{path}: expected a token table: {error}") from error
    return {
        "dim": rule["dim"],
        "pieces": len(table.pieces),
        "translations": len(table.translations),
        "scripts": _scripts(table.pieces),
    }


def _scripts(pieces: Sequence[str]) -> dict[str, float]:
    """Return the commonest scripts of the pieces that hold a letter, with their share."""
    counts = Counter(_script(next(char for char in piece if char.isalpha())) for piece in pieces if _has_letter(piece))
    total = max(1, counts.total())
    return {name: round(count / total, 4) for name, count in counts.most_common(_TOP_SCRIPTS)}


def _has_letter(piece: str) -> bool:
    return any(char.isalpha() for char in piece)


def _script(letter: str) -> str:
    """Return the first word of a letter's Unicode name, such as latin, cyrillic or cjk."""
    return unicodedata.name(letter, "unnamed").split(" ")[0].split("-")[0].lower()


def _download(manifest: BundleManifest) -> dict[str, int]:
    """Return the files that a browser downloads with their bytes: of `lite`, the tokenizer, shop metric and probes."""
    whole = cast(JsonObject, manifest)
    if "lite" not in whole:
        return {}
    parts = [{**whole["lite"], "image": None}, whole["text"].get("tokenizer", whole["text"].get("table"))]
    parts += [whole.get("shopMetric", {}), whole["probes"]]
    names = {*_named_files(parts)} & manifest["files"].keys()
    return {name: manifest["files"][name]["bytes"] for name in sorted(names)}


def _image_download(manifest: BundleManifest) -> dict[str, int]:
    image = lite_image(manifest)
    return {image["toItem"]["file"]: image["downloadBytes"]} if image else {}


def _named_files(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "file" and isinstance(inner, str):
                yield inner
            else:
                yield from _named_files(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_files(inner)


def _signature(directory: Path) -> JsonObject | None:
    path = directory / SIGNATURE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{path}: expected a signature in JSON: {error}") from error
    if not isinstance(found, dict):
        raise BundleError(f"{path}: expected a signature, an object, got {type(found).__name__}")
    return found


def _signed(signature: JsonObject | None) -> str:
    if signature is None:
        return "none: nobody vouches for this bundle"
    about = ", ".join(_pair(item) for item in signature.items() if item[0] != "signature")
    return f"present ({about or 'no key named'}); not checked here"


def _problems(directory: Path, manifest: BundleManifest) -> Iterator[str]:
    for name, entry in manifest["files"].items():
        path = directory / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != entry["bytes"]:
            yield f"{name} has {path.stat().st_size:,} bytes, the manifest says {entry['bytes']:,}"

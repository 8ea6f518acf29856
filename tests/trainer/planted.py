"""Small planted data: a bundle of encoders with a few words, and shoppers of two tastes."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

TASTE_WORDS = (("coral", "floral", "linen"), ("black", "studded", "leather"))
OTHER_WORDS = ("shirt", "mug", "lamp", "chair", "bag", "soft", "new", "large", "small", "classic")
WORDS = ("[PAD]", "[UNK]", *TASTE_WORDS[0], *TASTE_WORDS[1], *OTHER_WORDS)
TEXT_DIM, IMAGE_DIM, SIZE = 12, 9, 4
SHOPS = ("harbor.localhost", "linden.localhost", "meridian.localhost")


def write_bundle(directory: Path, seed: int = 0) -> Path:
    """Write a bundle: a text encoder that averages random vectors of words, an image encoder that mixes pixels."""
    directory.mkdir(parents=True)
    generator = np.random.default_rng(seed)
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.enable_padding(length=64)  # as some published tokenizers do; the runner must not inherit it
    tokenizer.save(str(directory / "tokenizer.json"))
    onnx.save(_text_encoder(generator), directory / "text.onnx")
    onnx.save(_image_encoder(generator), directory / "image.onnx")
    files = {}
    for name in ("tokenizer.json", "text.onnx", "image.onnx"):
        content = (directory / name).read_bytes()
        files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (directory / "manifest.json").write_text(json.dumps(_manifest(files)))
    return directory


def _tensor(name: str, role: str, dtype: str, shape: list) -> dict:
    return {"name": name, "role": role, "dtype": dtype, "shape": shape}


def _manifest(files: dict) -> dict:
    tower = {"precision": "float32"}
    ids, mask = (_tensor(n, r, "int64", ["N", "T"]) for n, r in (("ids", "inputIds"), ("mask", "attentionMask")))
    item_inputs = [
        _tensor("text", "text", "float32", ["N", TEXT_DIM]),
        _tensor("image", "image", "float32", ["N", IMAGE_DIM]),
        _tensor("modality_mask", "modalityMask", "float32", ["N", 2]),
    ]
    return {
        "format": 2,
        "name": "tiny",
        "dim": 8,
        "normalised": True,
        "space": "5" * 64,
        "files": files,
        "towers": {
            "textEncoder": {
                **tower,
                "file": "text.onnx",
                "inputs": [ids, mask],
                "outputs": [_tensor("features", "embedding", "float32", ["N", TEXT_DIM])],
            },
            "imageEncoder": {
                **tower,
                "file": "image.onnx",
                "inputs": [_tensor("pixels", "pixels", "float32", ["N", 3, SIZE, SIZE])],
                "outputs": [_tensor("features", "embedding", "float32", ["N", IMAGE_DIM])],
            },
            "itemTower": {**tower, "file": "item.onnx", "inputs": item_inputs, "outputs": []},
        },
        "text": {
            "tokenizer": {"file": "tokenizer.json", "type": "wordpiece", "maxTokens": 16},
            "itemText": {"fields": ["title", "brand"], "separator": ". ", "maxChars": 200},
        },
        "image": {"size": SIZE, "resize": 5, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.25] * 3},
    }


def _text_encoder(generator: np.random.Generator) -> onnx.ModelProto:
    table = generator.normal(size=(len(WORDS), TEXT_DIM)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["words"]),
        helper.make_node("Cast", ["mask"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "one"], ["sum"], keepdims=0),
        helper.make_node("LpNormalization", ["sum"], ["features"], axis=-1, p=2),
    ]
    constants = [("table", table), ("last", np.array([-1])), ("one", np.array([1]))]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["N", "T"]) for name in ("ids", "mask")]
    return _model(nodes, inputs, ["N", TEXT_DIM], constants)


def _image_encoder(generator: np.random.Generator) -> onnx.ModelProto:
    mix = generator.normal(size=(3 * SIZE * SIZE, IMAGE_DIM)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("MatMul", ["flat", "mix"], ["features"]),
    ]
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, SIZE, SIZE])]
    return _model(nodes, inputs, ["N", IMAGE_DIM], [("mix", mix)])


def _model(nodes: list, inputs: list, shape: list, constants: list) -> onnx.ModelProto:
    output = helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)
    initializers = [numpy_helper.from_array(value, name) for name, value in constants]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def product(number: int, title: str) -> dict:
    shop = SHOPS[number % len(SHOPS)]
    url = f"http://{shop}/p/{number}"
    item_id = hashlib.sha256(url.encode()).hexdigest()[:16]
    return {"shop": shop, "itemId": item_id, "url": url, "title": title, "verdict": "product", "provenance": {}}


def planted_products(num_per_taste: int = 20, seed: int = 1) -> tuple[list[dict], list[int]]:
    """Return products and the taste of each: one taste word in a title that is mostly about something else."""
    generator = np.random.default_rng(seed)
    tastes = [number % 2 for number in range(2 * num_per_taste)]
    titles = [
        " ".join([*generator.choice(OTHER_WORDS, 3, replace=False), generator.choice(TASTE_WORDS[taste])])
        for taste in tastes
    ]
    return [product(number, title) for number, title in enumerate(titles)], tastes


def planted_interactions(products: list[dict], tastes: list[int], num_users: int = 90, seed: int = 2) -> list[dict]:
    """Return rows of users who each like every item of one taste, in an order of their own."""
    generator = np.random.default_rng(seed)
    rows = []
    for user in range(num_users):
        liked = [p for p, taste in zip(products, tastes, strict=True) if taste == user % 2]
        for minute, position in enumerate(generator.permutation(len(liked))):
            chosen = liked[position]
            time = f"2026-03-{1 + minute // 24:02d}T{minute % 24:02d}:00:00Z"
            kind = ("view", "cart", "purchase")[minute % 3]
            rows.append(
                {"user": f"u{user}", "shop": chosen["shop"], "itemId": chosen["itemId"], "kind": kind, "time": time}
            )
    return rows


def shuffle_items(rows: list[dict], seed: int = 3) -> list[dict]:
    """Return the rows with their items shuffled: the same users, items and counts, without tastes."""
    order = np.random.default_rng(seed).permutation(len(rows))
    return [
        {**row, "shop": rows[other]["shop"], "itemId": rows[other]["itemId"]}
        for row, other in zip(rows, order, strict=True)
    ]


def write_products(path: Path, products: list[dict]) -> Path:
    path.write_text("".join(json.dumps(p) + "\n" for p in products), encoding="utf-8")
    return path


def write_interactions(path: Path, rows: list[dict]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["user", "shop", "itemId", "kind", "time"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_run(directory: Path, *, shuffled: bool = False, **training: object) -> Path:
    """Write bundle, data and run.toml of the planted set, and return the run file."""
    write_bundle(directory / "bundle")
    products, tastes = planted_products()
    rows = planted_interactions(products, tastes)
    write_products(directory / "products.jsonl", products)
    write_interactions(directory / "interactions.csv", shuffle_items(rows) if shuffled else rows)
    settings = {"epochs": 6, "batch_size": 64, "learning_rate": 0.005, "max_items": 8, "patience": 3, **training}
    text = f"""
seed = 7
encoders = "{directory / "bundle"}"
out = "{directory / "run"}"
cache = "{directory / "cache"}"
device = "cpu"

[data]
products = ["{directory / "products.jsonl"}"]
interactions = "{directory / "interactions.csv"}"

[split]
valid = 0.2
test = 0.3

[model]
dim = 16
hidden = 24
attention_dim = 8

[training]
{"".join(f"{key} = {value}{chr(10)}" for key, value in settings.items())}
[evaluation]
k = [5, 10]
bootstrap_samples = 200
"""
    path = directory / "run.toml"
    path.write_text(text)
    return path

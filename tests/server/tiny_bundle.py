"""A complete bundle of a few kilobytes, so that server tests need no pretrained weights and no torch.

The text encoder is the mean of random token vectors, the image encoder a projection of the mean colour, the item
tower a projection of both to unit length: enough for similar texts to be near each other.
"""

import base64
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from encoders.probes import ProbedBundle
from kernel.bundle_probes import encode_vector
from kernel.bundle_rules import space_of

DIM, TEXT_DIM, IMAGE_DIM, SIZE = 16, 12, 6, 16
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def _float(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _int(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.INT64, shape)


def _save(path, nodes, inputs, output, constants):
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, path.stem, inputs, [output], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _unit(source, target):
    return [
        helper.make_node("ReduceL2", [source, "last"], ["norm"], keepdims=1),
        helper.make_node("Max", ["norm", "tiny"], ["safe"]),
        helper.make_node("Div", [source, "safe"], [target]),
    ]


def _towers(directory, rng, vocabulary_size):
    last, tiny = np.array([-1], np.int64), np.array(1e-9, np.float32)
    table = rng.normal(size=(vocabulary_size, TEXT_DIM)).astype(np.float32)
    _save(
        directory / "text.onnx",
        [
            helper.make_node("Gather", ["table", "ids"], ["vectors"]),
            helper.make_node("Cast", ["mask"], ["maskf"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["maskf", "last"], ["mask3"]),
            helper.make_node("Mul", ["vectors", "mask3"], ["masked"]),
            helper.make_node("ReduceSum", ["masked", "one"], ["summed"], keepdims=0),
            *_unit("summed", "out"),
        ],
        [_int("ids", ["n", "t"]), _int("mask", ["n", "t"])],
        _float("out", ["n", TEXT_DIM]),
        {"table": table, "last": last, "one": np.array([1], np.int64), "tiny": tiny},
    )
    _save(
        directory / "image.onnx",
        [
            helper.make_node("ReduceMean", ["pixels", "axes"], ["colour"], keepdims=0),
            helper.make_node("MatMul", ["colour", "w"], ["out"]),
        ],
        [_float("pixels", ["n", 3, SIZE, SIZE])],
        _float("out", ["n", IMAGE_DIM]),
        {"axes": np.array([2, 3], np.int64), "w": rng.normal(size=(3, IMAGE_DIM)).astype(np.float32)},
    )
    _save(
        directory / "item.onnx",
        [
            helper.make_node("Concat", ["text", "image", "mask"], ["both"], axis=1),
            helper.make_node("MatMul", ["both", "w"], ["raw"]),
            *_unit("raw", "out"),
        ],
        [_float("text", ["n", TEXT_DIM]), _float("image", ["n", IMAGE_DIM]), _float("mask", ["n", 2])],
        _float("out", ["n", DIM]),
        {"w": rng.normal(size=(TEXT_DIM + IMAGE_DIM + 2, DIM)).astype(np.float32), "last": last, "tiny": tiny},
    )
    _save(
        directory / "user.onnx",
        [helper.make_node("ReduceMean", ["items", "one"], ["mean"], keepdims=0), *_unit("mean", "out")],
        [
            _float("items", ["n", "l", DIM]),
            _int("kinds", ["n", "l"]),
            _float("ages", ["n", "l"]),
            _float("mask", ["n", "l"]),
        ],
        _float("out", ["n", DIM]),
        {"last": last, "one": np.array([1], np.int64), "tiny": tiny},
    )


def _tensor(name, role, dtype, shape):
    return {"name": name, "role": role, "dtype": dtype, "shape": shape}


def _tower(file, inputs, width):
    outputs = [_tensor("out", "embedding", "float32", ["n", width])]
    return {"file": file, "precision": "float32", "inputs": inputs, "outputs": outputs}


def _tokenizer():
    vocabulary = {token: i for i, token in enumerate(["[PAD]", "[UNK]", *ALPHABET, *(f"##{c}" for c in ALPHABET)])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def write_manifest(directory: Path, manifest: dict) -> None:
    """Write manifest.json with the hashes of the existing files, and the space that they give."""
    manifest["files"] = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(directory.iterdir())
        if path.name != "manifest.json"
    }
    manifest["space"] = space_of(manifest)
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _shop_metric(directory, seed, ridge):
    """Write moments that are not those of any shop, so that a test sees whether they were used."""
    rng = np.random.default_rng(seed + 100)
    spread = rng.normal(size=(DIM, DIM)) / DIM
    mean = rng.normal(size=DIM) * 0.05
    numbers = np.concatenate([mean, (spread @ spread.T).ravel()]).astype("<f4")
    (directory / "shop_metric.bin").write_bytes(numbers.tobytes())
    blocks = [{"start": 0, "length": DIM}]
    return {"file": "shop_metric.bin", "lambda": ridge, "pseudoItems": 30, "blocks": blocks}


def _image(shade):
    file = io.BytesIO()
    Image.new("RGB", (20, 14), (shade, 255 - shade, 60)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _probes(directory, manifest):
    """Write what the towers give for eight texts, four texts with an image, and four images."""
    items = [{"product": {"title": f"clay mug {i}"} if i < 12 else {}} for i in range(16)]
    for i in range(8, 16):
        items[i]["image"] = _image(16 * i)
    users = [{"items": [i, 15 - i], "kinds": ["view", "cart"], "agesDays": [0, i], "weights": [1, 2]} for i in range(4)]
    bundle = ProbedBundle(directory, manifest)
    vectors = bundle.items(items)
    for probe, vector in zip(items, vectors, strict=True):
        probe["embedding"] = encode_vector(vector)
    for probe, vector in zip(users, bundle.users(users, vectors, manifest["towers"]["userTower"]), strict=True):
        probe["embedding"] = encode_vector(vector)
    (directory / "probes.json").write_text(json.dumps({"items": items, "users": users}))
    return {"file": "probes.json"}


def make_tiny_bundle(directory: Path, seed: int = 5, ridge: float | None = None) -> Path:
    """Write the bundle; another seed gives another space. With a `ridge` it has a shop metric."""
    directory.mkdir(parents=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(directory / "tokenizer.json"))
    _towers(directory, np.random.default_rng(seed), tokenizer.get_vocab_size())
    ids = [_tensor("ids", "inputIds", "int64", ["n", "t"]), _tensor("mask", "attentionMask", "int64", ["n", "t"])]
    features = [
        _tensor("text", "text", "float32", ["n", TEXT_DIM]),
        _tensor("image", "image", "float32", ["n", IMAGE_DIM]),
        _tensor("mask", "modalityMask", "float32", ["n", 2]),
    ]
    history = [
        _tensor("items", "items", "float32", ["n", "l", DIM]),
        _tensor("kinds", "kinds", "int64", ["n", "l"]),
        _tensor("ages", "agesDays", "float32", ["n", "l"]),
        _tensor("mask", "itemMask", "float32", ["n", "l"]),
    ]
    manifest = {
        "format": 2,
        "name": f"tiny-{seed}",
        "dim": DIM,
        "normalised": True,
        "towers": {
            "textEncoder": _tower("text.onnx", ids, TEXT_DIM),
            "imageEncoder": _tower(
                "image.onnx", [_tensor("pixels", "pixels", "float32", ["n", 3, SIZE, SIZE])], IMAGE_DIM
            ),
            "itemTower": _tower("item.onnx", features, DIM),
            "userTower": _tower("user.onnx", history, DIM),
        },
        "text": {
            "tokenizer": {"file": "tokenizer.json", "type": "wordpiece", "maxTokens": 64},
            "itemText": {"fields": ["title", "brand", "categoryPath"], "separator": ". ", "maxChars": 200},
        },
        "image": {
            "size": SIZE, "resize": SIZE, "interpolation": "bilinear",
            "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
        },
        "interactions": {"kinds": ["view", "wishlist", "cart", "purchase", "rating", "dismiss"], "maxItems": 20},
        "origin": [], "parity": [], "speed": [], "metrics": {}, "createdBy": {"version": "test"},
    }  # fmt: skip
    if ridge is not None:
        manifest["shopMetric"] = _shop_metric(directory, seed, ridge)
    manifest["probes"] = _probes(directory, manifest)
    write_manifest(directory, manifest)
    return directory

"""Measurements of a draft against its torch modules: parity and speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer
from torch import nn

from encoders.token_table import TokenTable
from exporter import lite_rules, parity, sample_images, sample_texts
from exporter.bundle_draft import KINDS, Draft
from exporter.encoder_inputs import pixels, token_feeds
from kernel.bundle_agreement import LITE_IMAGE
from kernel.contract_types import TowerSpeed

# Ordinary product texts, long and short ones, and what shops really write: codes, accents, symbols, another script.
SENTENCES = (
    "Navy striped cotton tee. Kelp. Women Tops. navy. cotton",
    "Chaise longue en velours côtelé, vert bouteille",
    "USB-C 65W GaN charger (2-pack) – black",
    "日本製 陶器 茶碗 blue",
    "SKU 00423-B/XL",
    "Mug",
    "Waterproof hiking boots with a very long name that goes on and on, " * 3,
    "100% merino wool crew-neck sweater, machine washable 🧶",
)
NUM_IMAGES = 6
_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Samples:
    """The same inputs for every proof: sentences and images of our own."""

    texts: Sequence[str]
    images: Sequence[Image.Image]

    @classmethod
    def make(cls) -> "Samples":
        """Return twenty sentences and six images."""
        return cls((*SENTENCES, *sample_texts.compose(12, seed=7)), sample_images.draw(NUM_IMAGES, seed=7))


def prove(draft: Draft, originals: Mapping[str, nn.Module], tokenizer: Tokenizer | TokenTable) -> None:
    """Fill `draft.parity` and `draft.speed`; raises ExportError where an export differs from its original.

    `originals` are torch modules by manifest key; towers without one are taken as proven (and still timed).
    """
    samples = Samples.make()
    runners = {key: parity.Runner(tower.data) for key, tower in draft.towers.items()}
    feeds: dict[str, parity.Feeds] = {}
    if isinstance(tokenizer, TokenTable):
        text = tokenizer.encode(samples.texts)
        text_feeds: parity.Feeds = {"text": text}
    else:
        text_feeds = feeds["textEncoder"] = token_feeds(tokenizer, samples.texts, draft.prefix)
        text = runners["textEncoder"](text_feeds)
    image = None
    if "imageEncoder" in runners and draft.image is not None:
        feeds["imageEncoder"] = {"pixels": pixels(samples.images, draft.image)}
        image = runners["imageEncoder"](feeds["imageEncoder"])
    feeds["itemTower"] = _item_feeds(runners["itemTower"], text, image)
    items = runners["itemTower"](feeds["itemTower"])
    feeds["userTower"] = _user_feeds(runners["userTower"], items)
    for key, runner in runners.items():
        if key in originals:
            expected = _torch(originals[key], feeds[key])
            draft.parity.append(parity.parity(key, "torch", runner(feeds[key]), expected))
        draft.speed.append(_timed(key, runner, feeds[key]))
    _prove_lite(draft, runners, text, text_feeds, feeds["itemTower"])
    if draft.browser_image is not None and LITE_IMAGE in originals:
        runner = parity.Runner(draft.browser_image.tower.data)
        shown = {"pixels": pixels(samples.images, draft.browser_image.rule)}
        expected = _torch(originals[LITE_IMAGE], shown)
        draft.parity.append(parity.parity(LITE_IMAGE, "torch in float32", runner(shown), expected, int8=True))
        draft.speed.append(_timed(LITE_IMAGE, runner, shown))


def _prove_lite(
    draft: Draft,
    runners: Mapping[str, parity.Runner],
    text: _Floats,
    text_feeds: parity.Feeds,
    item_feeds: parity.Feeds,
) -> None:
    """Compare what a browser runs with the towers that it stands for."""
    if draft.text_to_item is not None:
        runner = parity.Runner(draft.text_to_item.data)
        expected = _text_only(runners["itemTower"], text, item_feeds)
        about, is_int8 = "textEncoder and itemTower in float32", draft.text_to_item.precision == "int8"
        draft.parity.append(parity.parity("lite.textToItem", about, runner(text_feeds), expected, int8=is_int8))
        draft.speed.append(_timed("lite.textToItem", runner, text_feeds))
    if draft.text_block is not None and draft.filler is not None:
        expected = _text_only(runners["itemTower"], text, item_feeds)
        items = lite_rules.text_block(text, draft.text_block, draft.dim, draft.filler)
        draft.parity.append(parity.parity("lite.textBlock", "itemTower", items, expected))
    if draft.pooling is not None:
        histories = lite_rules.sample_histories(draft.dim, [*KINDS])
        users = lite_rules.pool(histories, draft.pooling, draft.filler)
        expected = runners["userTower"](_taken(runners["userTower"], histories))
        draft.parity.append(parity.parity("lite.pooling", "userTower", users, expected))


def _torch(module: nn.Module, feeds: parity.Feeds) -> parity.Array:
    with torch.inference_mode():
        output = module(*(torch.from_numpy(value) for value in feeds.values()))
    result: parity.Array = output.numpy()
    return result


def _item_feeds(runner: parity.Runner, text: _Floats, image: _Floats | None) -> dict[str, _Floats]:
    """Return items with both modalities, with text only and with an image only."""
    num, image_dim = len(text), next(i.shape[1] for i in runner.session.get_inputs() if i.name == "image")
    mask = np.ones((num, 2), dtype=np.float32)
    mask[0::3, 1] = 0.0
    filled = np.zeros((num, image_dim), dtype=np.float32)
    if image is None:
        mask[:, 1] = 0.0
    else:
        mask[1::3, 0] = 0.0
        filled = image[np.arange(num) % len(image)]
    return {"text": text * mask[:, :1], "image": filled * mask[:, 1:], "modalityMask": mask}


def _text_only(runner: parity.Runner, text: _Floats, item_feeds: parity.Feeds) -> parity.Array:
    mask = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(text), 1))
    return runner({"text": text, "image": np.zeros_like(item_feeds["image"]), "modalityMask": mask})


def _user_feeds(runner: parity.Runner, items: _Floats) -> dict[str, parity.Array]:
    """Return four histories of five items: every kind, ages up to years, repeats and padding."""
    rng = np.random.default_rng(7)
    chosen = rng.integers(0, len(items), size=(4, 5))
    mask = np.ones((4, 5), dtype=np.float32)
    mask[1, 3:] = 0.0
    feeds = {
        "items": items[chosen] * mask[..., None],
        "kinds": rng.integers(0, len(KINDS), size=(4, 5)),
        "agesDays": rng.uniform(0, 800, size=(4, 5)).astype(np.float32),
        "itemMask": mask,
        "weights": rng.integers(1, 6, size=(4, 5)).astype(np.float32),
    }
    return _taken(runner, feeds)


def _taken(runner: parity.Runner, feeds: parity.Feeds) -> dict[str, parity.Array]:
    """Return the inputs that a tower takes."""
    taken = {value.name for value in runner.session.get_inputs()}
    return {name: value for name, value in feeds.items() if name in taken}


def _timed(key: str, runner: parity.Runner, feeds: parity.Feeds) -> TowerSpeed:
    one = {name: value[:1] for name, value in feeds.items()}
    return parity.speed(key, lambda: runner(one), batch=1)

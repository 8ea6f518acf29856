"""Loss of reduced towers: how they rank the retrieval set beside float32, and whether a bundle may lose as much."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import onnx
from numpy.typing import NDArray

from encoders.token_table import TokenTable
from exporter import parity, precision, retrieval_set, sample_images, sample_texts
from exporter.browser_image import BrowserImage
from exporter.bundle_draft import Draft, TowerFile
from exporter.encoder_inputs import pixels, token_feeds
from exporter.errors import ExportError, WeightsError
from exporter.retrieval_set import Quality, quality
from exporter.segmenter import segmenter
from kernel.bundle_agreement import LITE_IMAGE
from kernel.contract_types import LossBound, ReducedPrecision, TowerLoss

# What a tower may lose unasked. A hundredth of NDCG@10 is noise: vectors of cosine .99999 exchange neighbours, too.
BOUNDS: Mapping[ReducedPrecision, LossBound] = {
    "fp16": {"minCosine": 0.999, "deltaNdcg10": -0.01, "deltaRecall10": -0.02},
    "int8-weights": {"minCosine": 0.95, "deltaNdcg10": -0.01, "deltaRecall10": -0.02},
    "int8-dynamic": {"minCosine": 0.95, "deltaNdcg10": -0.01, "deltaRecall10": -0.02},
    "int8-static": {"minCosine": 0.95, "deltaNdcg10": -0.01, "deltaRecall10": -0.02},
}
LITE_TEXT = "lite.textToItem"
# Towers for browsers are always int8, without an option, and the image's has fewer pixels. So their bounds are wider
# than those of chosen precisions.
LITE_BOUNDS: Mapping[str, LossBound] = {
    LITE_TEXT: {"minCosine": 0.95, "deltaNdcg10": -0.03, "deltaRecall10": -0.05},
    LITE_IMAGE: {"minCosine": 0.85, "deltaNdcg10": -0.03, "deltaRecall10": -0.05},
}
NUM_CALIBRATION = 64
_BATCH = 16
_SEEN = 2  # of the items made for a query, how many its user has seen
_Floats = NDArray[np.float32]
_Runner = Callable[[parity.Feeds], parity.Array]


def reduce(draft: Draft, wanted: Mapping[str, ReducedPrecision], accept_loss: bool) -> None:
    """Give towers of a proven draft other precisions and write down what each loses, in `draft.loss`.

    Raises WeightsError for a tower that the draft lacks, ExportError where a loss is beyond its bound and was not
    accepted.
    """
    if missing := sorted(wanted.keys() - draft.towers.keys()):
        raise WeightsError(f"--precision {missing[0]}: this bundle has no {missing[0]}")
    bench = Bench(draft)
    for key, kind in wanted.items():
        before = draft.towers[key]
        if before.precision != "float32":
            raise WeightsError(
                f"--precision {key}={kind}: expected a tower in float32, this one is in {before.precision}"
            )
        model = precision.reduced(onnx.load_model_from_string(before.data), kind, bench.calibration(key))
        after = TowerFile.of(before.file, model, precision.STORED[kind])
        runner = parity.Runner(after.data)
        draft.loss.append(_within_bound(bench.loss(key, kind, runner), accept_loss))
        draft.towers[key] = after
        draft.speed = [entry for entry in draft.speed if entry["tower"] != key]
        one = {name: value[:1] for name, value in bench.feeds(key).items()}
        draft.speed.append(parity.speed(key, lambda run=runner, feeds=one: run(feeds), batch=1))  # type: ignore[misc]  # mypy cannot type defaults of a lambda
    if draft.text_to_item is not None and draft.text_to_item.precision != "float32":
        runner = parity.Runner(draft.text_to_item.data)
        draft.loss.append(_within_bound(bench.loss(LITE_TEXT, "int8-dynamic", runner), accept_loss))
    if draft.browser_image is not None:
        draft.loss.append(_within_bound(bench.browser_image_loss(draft.browser_image), accept_loss))


def is_beyond(loss: TowerLoss) -> bool:
    """Return whether a tower loses more than its bound."""
    bound = loss["bound"]
    return (
        loss["minCosine"] < bound["minCosine"]
        or loss["deltaNdcg10"] < bound["deltaNdcg10"]
        or loss["deltaRecall10"] < bound["deltaRecall10"]
    )


def sentence(loss: TowerLoss) -> str:
    """Return a loss as a line for a person."""
    bound = loss["bound"]
    return (
        f"{loss['tower']} in {loss['precision']}: min cosine {loss['minCosine']:.4f} (bound {bound['minCosine']}), "
        f"NDCG@10 {loss['deltaNdcg10']:+.4f} ({bound['deltaNdcg10']}), "
        f"recall@10 {loss['deltaRecall10']:+.4f} ({bound['deltaRecall10']})"
    )


def _within_bound(loss: TowerLoss, accept_loss: bool) -> TowerLoss:
    if not is_beyond(loss):
        return loss
    if not accept_loss:
        raise ExportError(
            f"{sentence(loss)}: loses more than the bound; take another --precision, or write it all the same with "
            "--accept-loss"
        )
    return {**loss, "accepted": True}


@dataclass(frozen=True)
class Ranking:
    """What the towers of one precision answer on a set: vectors to compare and how well they rank."""

    vectors: _Floats
    quality: Quality


class Bench:
    """The retrieval set as the float32 towers of a draft see it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._runners = {key: parity.Runner(tower.data) for key, tower in draft.towers.items()}
        self._segmenter = segmenter(draft)

    def calibration(self, key: str) -> list[parity.Feeds]:
        """Return inputs of a tower from other phrases and images than the set's, in small batches."""
        if key == "textEncoder":
            return _batches(self._tokens(sample_texts.compose(NUM_CALIBRATION, seed=1)))
        if key == "imageEncoder" and self._draft.image is not None:
            return _batches({"pixels": pixels(sample_images.draw(NUM_CALIBRATION, seed=1), self._draft.image)})
        return _batches(self.feeds(key))

    def feeds(self, key: str) -> parity.Feeds:
        """Return the inputs of a tower for the whole set, queries first."""
        if key in ("textEncoder", LITE_TEXT):
            return self._tokens([*self.texts.queries, *self.texts.items])
        if key == "imageEncoder":
            return {"pixels": self._pixels}
        return self._item_feeds("text") if key == "itemTower" else self._user_feeds()

    def loss(self, key: str, kind: ReducedPrecision, runner: _Runner) -> TowerLoss:
        """Return what a tower loses where `runner` answers in its place."""
        return _described(key, kind, list(self._rankings(key, runner)))

    def browser_image_loss(self, image: BrowserImage) -> TowerLoss:
        """Return what a browser's images lose as queries among items whose images the full towers embedded.

        Only what the images themselves decide is compared: neither words that they suggest, nor the filler.
        """
        shown = pixels([*self._images.queries, *self._images.items], image.rule)
        lite, full = _answers(parity.Runner(image.tower.data), {"pixels": shown}), self._vectors("image").copy()
        decided = np.asarray(lite.any(axis=0))
        decided[self._draft.filler] = False
        lite[:, ~decided] = full[:, ~decided] = 0.0
        num = len(self._images.queries)
        mixed = np.concatenate([lite[:num], full[num:]])
        pair = (self._ranked("image", full, full), self._ranked("image", lite, mixed))
        return _described(LITE_IMAGE, "int8-weights", [pair])

    def _rankings(self, key: str, runner: _Runner) -> list[tuple[Ranking, Ranking]]:
        """Return each set's ranking by float32 and with `runner` in the place of one tower."""
        if key == "userTower":
            return [(self._by_users(self._runners[key]), self._by_users(runner))]
        if key == LITE_TEXT:  # what a browser embeds is compared with what the full towers embedded
            lite, full = _answers(runner, self.feeds(key)), self._vectors("text")
            mixed = np.concatenate([lite[: len(self.texts.queries)], full[len(self.texts.queries) :]])
            return [(self._ranked("text", full, full), self._ranked("text", lite, mixed))]
        if key == "itemTower":
            modalities = ["text", *(["image"] if "imageEncoder" in self._runners else [])]
            after = [_answers(runner, self._item_feeds(modality)) for modality in modalities]
            return [
                (
                    self._ranked(modality, self._vectors(modality), self._vectors(modality)),
                    self._ranked(modality, it, it),
                )
                for modality, it in zip(modalities, after, strict=True)
            ]
        modality = "text" if key == "textEncoder" else "image"
        features = _answers(runner, self.feeds(key))
        items = _answers(self._runners["itemTower"], self._item_feeds(modality, features))
        return [
            (
                self._ranked(modality, self._features(modality), self._vectors(modality)),
                self._ranked(modality, features, items),
            )
        ]

    def _ranked(self, modality: str, vectors: _Floats, items: _Floats) -> Ranking:
        gains = self.texts.gains if modality == "text" else self._images.gains
        return Ranking(vectors, quality(items[: len(gains)], items[len(gains) :], gains))

    def _by_users(self, runner: _Runner) -> Ranking:
        """Return how users find items, each a query's: they have seen the query and two of the items made for it."""
        gains, vectors = self.texts.gains.copy(), self._vectors("text")
        for user, rows in enumerate(self._seen):
            gains[user, rows] = np.nan
        users = _answers(runner, self._user_feeds())
        return Ranking(users, quality(users, vectors[len(gains) :], gains))

    @cached_property
    def texts(self) -> retrieval_set.TextSet:
        """The set's texts."""
        return retrieval_set.texts()

    @cached_property
    def _images(self) -> retrieval_set.ImageSet:
        return retrieval_set.images()

    @cached_property
    def _pixels(self) -> _Floats:
        if self._draft.image is None:
            raise ExportError("image: missing, but the image encoder needs to know how images are prepared")
        return pixels([*self._images.queries, *self._images.items], self._draft.image)

    @cached_property
    def _seen(self) -> NDArray[np.int64]:
        """The rows of the items that each user has seen, (users, 2)."""
        made = len(self.texts.items) // len(self.texts.queries)
        return np.arange(len(self.texts.queries))[:, None] * made + np.arange(_SEEN)

    @cached_property
    def _text_features(self) -> _Floats:
        if isinstance(self._segmenter, TokenTable):
            return self._segmenter.encode([*self.texts.queries, *self.texts.items])
        return _answers(self._runners["textEncoder"], self.feeds("textEncoder"))

    @cached_property
    def _image_features(self) -> _Floats:
        return _answers(self._runners["imageEncoder"], self.feeds("imageEncoder"))

    def _features(self, modality: str) -> _Floats:
        return self._text_features if modality == "text" else self._image_features

    @cached_property
    def _text_vectors(self) -> _Floats:
        return _answers(self._runners["itemTower"], self._item_feeds("text"))

    def _vectors(self, modality: str) -> _Floats:
        if modality == "text":
            return self._text_vectors
        return _answers(self._runners["itemTower"], self._item_feeds("image"))

    def _item_feeds(self, modality: str, features: _Floats | None = None) -> parity.Feeds:
        """Return items that have one modality only."""
        known = self._features(modality) if features is None else features
        inputs = self._runners["itemTower"].session.get_inputs()
        widths = {tensor.name: tensor.shape[1] for tensor in inputs}
        feeds = {name: np.zeros((len(known), widths[name]), dtype=np.float32) for name in ("text", "image")}
        feeds[modality] = known
        mask = np.zeros((len(known), 2), dtype=np.float32)
        mask[:, 0 if modality == "text" else 1] = 1.0
        return {**feeds, "modalityMask": mask}

    def _user_feeds(self) -> parity.Feeds:
        vectors, num_users = self._vectors("text"), len(self.texts.queries)
        seen = vectors[num_users:][self._seen]
        items = np.concatenate([vectors[:num_users, None], seen], axis=1)
        shape = items.shape[:2]
        feeds = {
            "items": items,
            "kinds": np.zeros(shape, dtype=np.int64),
            "agesDays": np.tile(np.arange(shape[1], dtype=np.float32), (num_users, 1)),
            "itemMask": np.ones(shape, dtype=np.float32),
            "weights": np.ones(shape, dtype=np.float32),
        }
        taken = {value.name for value in self._runners["userTower"].session.get_inputs()}
        return {name: value for name, value in feeds.items() if name in taken}

    def _tokens(self, texts: list[str]) -> parity.Feeds:
        if isinstance(self._segmenter, TokenTable):
            raise ExportError(f"{self._draft.name}: its text encoder is a token table, which has one precision")
        return token_feeds(self._segmenter, texts, self._draft.prefix)


def _described(key: str, kind: ReducedPrecision, pairs: Sequence[tuple[Ranking, Ranking]]) -> TowerLoss:
    """Return the loss between rankings by float32 and by a tower's own precision; the worst of each figure."""
    if not all(np.isfinite(after.vectors).all() for _, after in pairs):
        raise ExportError(f"{key}: in {kind} it gives numbers that are not finite; take another --precision")
    cosines = [_cosines(before.vectors, after.vectors) for before, after in pairs]
    return {
        "tower": key,
        "precision": kind,
        "minCosine": round(min(float(values.min(initial=1.0)) for values in cosines), 6),
        "medianCosine": round(min(float(np.median(values)) for values in cosines), 6),
        "deltaNdcg10": round(min(after.quality.ndcg - before.quality.ndcg for before, after in pairs), 6),
        "deltaRecall10": round(min(after.quality.recall - before.quality.recall for before, after in pairs), 6),
        "bound": LITE_BOUNDS.get(key, BOUNDS[kind]),
        "accepted": False,
    }


def _batches(feeds: parity.Feeds) -> list[parity.Feeds]:
    num = len(next(iter(feeds.values())))
    return [{name: value[start : start + _BATCH] for name, value in feeds.items()} for start in range(0, num, _BATCH)]


def _answers(runner: _Runner, feeds: parity.Feeds) -> _Floats:
    return np.concatenate([runner(batch) for batch in _batches(feeds)]).astype(np.float32)


def _cosines(before: _Floats, after: _Floats) -> _Floats:
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    known = lengths > 0
    cosines: _Floats = (before * after).sum(axis=1)[known] / lengths[known]
    return cosines

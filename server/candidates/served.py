"""Candidates of a running server, as packs that are built when they are asked for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import orjson
from numpy.typing import NDArray

from encoders.encoder import Encoder
from kernel.interest_clusters import Floats, InterestClusters
from kernel.pack_reader import MAX_FIRST_PART
from server.candidates.make import read
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle
from server.packs.build import Pack, build
from server.packs.source import Catalogued, read_catalogue, read_items, vectors_rule
from server.search.filters import Filters
from server.search.retrieval import recommend
from server.search.shop_state import ShopState
from server.settings import DEFAULT_BITS, Settings

_LEAST = 1e-9
# An answer of 10,000 items has some 1 MB.
_KEPT = 32
# A large shop changes all the time, and reading it takes seconds: an answer may be this old.
FRESH_SECONDS = 600


@dataclass(frozen=True)
class Wanted:
    """What a device may say: a shop, how many candidates, and a reported cluster."""

    shop: str
    k: int
    cluster: int


@dataclass(frozen=True)
class _Answer:
    version: int
    at: float
    pack: Pack


class ServedCandidates:
    """Candidates as packs. Those of a cluster are kept: they are the same for everybody who reports it.

    The first part of each is that of the shop's whole pack, the 1,000 lowest item ids, which are hashes and so spread
    over the catalogue. A device estimates the shop's metric from it: candidates alone would give another one.
    """

    def __init__(
        self, settings: Settings, bundle: Bundle, encoder: Encoder, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.clusters: InterestClusters | None = read(settings.data_dir, bundle.space, bundle.dim)
        self._bundle = bundle
        self._encoder = encoder
        self._now = now
        self._rule = vectors_rule(bundle.manifest, DEFAULT_BITS)
        self._answers: OrderedDict[Wanted, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def of_cluster(self, catalogue: Catalogue, state: ShopState, wanted: Wanted, centre: Floats) -> Pack:
        """Return the k items nearest to a cluster's centre (dim,), at most ten minutes old.

        Raises InputError for a shop without items.
        """
        version = state.version
        with self._lock:
            found = self._answers.get(wanted)
            if found is None or (found.version != version and self._now() - found.at >= FRESH_SECONDS):
                found = _Answer(version, self._now(), self._build(catalogue, state, wanted, centre))
            self._answers[wanted] = found
            self._answers.move_to_end(wanted)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
            return found.pack

    def _build(self, catalogue: Catalogue, state: ShopState, wanted: Wanted, centre: Floats) -> Pack:
        shop = read_catalogue(catalogue, self._bundle, self._encoder, wanted.shop)
        stored = shop.vectors if state.metric is None else state.metric.stored(shop.vectors)
        rows = np.union1d(np.arange(min(MAX_FIRST_PART, len(shop.ids))), nearest(centre, stored, wanted.k))
        return build(only(shop, rows), self._encoder, self._rule, None)

    def of_item(self, catalogue: Catalogue, state: ShopState, row: int, k: int) -> Pack:
        """Return the k items that fit best to a product of the shop, itself among them; nothing is kept of it."""
        taste = state.compared_of(np.array([row]))[0].copy()
        if self._bundle.filler is not None:
            taste[self._bundle.filler] = 0
        taste /= max(float(np.linalg.norm(taste)), _LEAST)
        found = recommend(state, taste, k, Filters(), 0.0, self._bundle.filler)
        fitting = [orjson.loads(state.card(at) + b"}")["itemId"] for at in found.rows.tolist()]
        spread = sorted(catalogue.live_item_ids(state.shop))[:MAX_FIRST_PART]
        items = read_items(catalogue, self._bundle, self._encoder, state.shop, sorted({*spread, *fitting}))
        return build(items, self._encoder, self._rule, None)


def nearest(centre: Floats, stored: Floats, k: int) -> NDArray[np.intp]:
    """Return the rows of the k stored items (n, dim) that fit best to a taste (dim,), ascending; all of fewer."""
    if k >= len(stored):
        return np.arange(len(stored))
    return np.sort(np.argpartition(-(stored @ centre), k - 1)[:k])


def only(shop: Catalogued, rows: NDArray[np.intp]) -> Catalogued:
    """Return some items of a shop."""
    at = rows.tolist()
    return replace(
        shop,
        ids=[shop.ids[row] for row in at],
        cards=[shop.cards[row] for row in at],
        texts=[shop.texts[row] for row in at],
        vectors=shop.vectors[rows],
    )

"""Metrics of shops: when a shop's moments are estimated again, and which metric an estimate gives.

A shop's moments are estimated from its live items, written to the catalogue and followed from there like any change, so
that all workers compare by the same metric. A shop without an estimate has the bundle's own metric.
"""

import hashlib
import logging

import numpy as np
import orjson

from kernel.shop_metric import Blocks, ShopMetric, ShopMetricError, estimate, moments_from
from server.catalogue.columns import Floats, Integers
from server.catalogue.database import Catalogue, Estimate
from server.encoding.bundle import Bundle
from server.search.shop_state import ShopState

logger = logging.getLogger(__name__)

# Estimated again once this share of the items that it came from has been added, replaced or removed.
CHANGED_SHARE = 0.1


def is_due(state: ShopState, bundle: Bundle) -> bool:
    """Return whether a shop's moments have to be estimated, for the first time or again."""
    if bundle.metric is None:
        return False
    if state.estimate is None:
        return True
    kept = int(np.count_nonzero(state.live_labels() <= state.estimate.label))
    num_changed = (state.estimate.count - kept) + (len(state) - kept)
    return num_changed >= max(1, CHANGED_SHARE * state.estimate.count)


def estimated(catalogue: Catalogue, shop: str, bundle: Bundle) -> tuple[Estimate | None, Integers, Floats]:
    """Return a new estimate (None if the bundle has no metric), with the labels and item vectors it is of."""
    with catalogue.snapshot():
        seq = catalogue.seq()
        labels, vectors = catalogue.live_vectors(shop, bundle.space, bundle.dim)
    if bundle.metric is None:
        return None, labels, vectors
    moments = estimate(vectors, bundle.metric.own.blocks)
    raw = moments.to_bytes()
    about = orjson.dumps({"blocks": _pairs(moments.blocks), "counts": list(moments.counts), "sum": _sum_of(raw)})
    label = int(labels.max(initial=0))
    made = Estimate(shop, bundle.space, seq, label, len(labels), about, raw)
    return made, labels, vectors


def current(catalogue: Catalogue, shop: str, bundle: Bundle) -> tuple[ShopMetric | None, Estimate | None]:
    """Return a shop's metric and the estimate it comes from: without one the bundle's own, None if it has none.

    An estimate that is damaged, or of a bundle with other blocks, is reported and counts as none.
    """
    found = None if bundle.metric is None else catalogue.estimate(shop, bundle.space)
    try:
        return metric_of(bundle, found), found
    except (ShopMetricError, KeyError, TypeError, orjson.JSONDecodeError) as error:
        logger.warning("metric of %s not used until it is estimated again: %s", shop, error)
        return metric_of(bundle, None), None


def metric_of(bundle: Bundle, estimate: Estimate | None) -> ShopMetric | None:
    """Return the metric that an estimate gives with a bundle; without one the bundle's own, None if it has none."""
    if bundle.metric is None:
        return None
    if estimate is None:
        return bundle.metric.of_shop(None)
    blocks, about = bundle.metric.own.blocks, orjson.loads(estimate.about)
    if about["blocks"] != _pairs(blocks) or len(about["counts"]) != len(blocks):
        raise ShopMetricError(f"expected an estimate of the blocks {_pairs(blocks)}, got {about['blocks']}")
    if about.get("sum", _sum_of(estimate.moments)) != _sum_of(estimate.moments):
        raise ShopMetricError("its moments do not have their checksum")
    return bundle.metric.of_shop(moments_from(estimate.moments, blocks, bundle.dim, about["counts"]))


def _sum_of(moments: bytes) -> str:
    return hashlib.sha256(moments).hexdigest()


def _pairs(blocks: Blocks) -> list[list[int]]:
    return [[block.start, block.length] for block in blocks]

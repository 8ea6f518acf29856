"""Metrics of shops: when a shop's moments are estimated again, and which metric an estimate gives.

A shop's moments are estimated from its live items when a snapshot of it is made, and kept in it with the vectors in
that metric; so all workers compare alike. A shop without a snapshot has the bundle's own metric.
"""

from kernel.shop_metric import Blocks, Moments, ShopMetric
from server.encoding.bundle import Bundle
from server.search.shop_state import ShopState

# Estimated again once this share of the items that it came from has been added, replaced or removed.
CHANGED_SHARE = 0.1


def is_due(state: ShopState, bundle: Bundle) -> bool:
    """Return whether a shop's moments have to be estimated, for the first time or again."""
    if bundle.metric is None:
        return False
    if not state.has_snapshot:
        return True
    # A replaced item counts twice: one that the moments were estimated from is gone, and another has come.
    return len(state.dead_rows) + len(state.delta) >= max(1, CHANGED_SHARE * len(state.base))


def blocks_of(bundle: Bundle) -> Blocks | None:
    """Return the blocks of a bundle's metric, None if it has none."""
    return None if bundle.metric is None else bundle.metric.own.blocks


def metric_id(metric: ShopMetric | None) -> str:
    """Return what a snapshot names its metric by."""
    return "none" if metric is None else metric.metric_id


def metric_of(bundle: Bundle, moments: Moments | None) -> ShopMetric | None:
    """Return the metric that moments give with a bundle; without them the bundle's own, None if it has none."""
    return None if bundle.metric is None else bundle.metric.of_shop(moments)

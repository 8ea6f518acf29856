"""The command `clusters`: interest clusters of the public catalogues, of which devices report one at random."""

from typing import TypedDict

import numpy as np

from kernel.interest_clusters import EPSILON, Floats, real_epsilon
from kernel.shop_metric import estimate
from server.candidates.make import SEED, as_tastes, make, write
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle, load_bundle
from server.errors import InputError
from server.search.builder import is_usable
from server.search.metrics import blocks_of, metric_of
from server.settings import Settings

# Of all shops, each by its size: more do not move the clusters.
_MOST_ITEMS = 20_000


class Summary(TypedDict):
    """Summary of the clusters, as the command prints it."""

    sha256: str
    clusters: int
    items: int
    epsilon: float
    realEpsilon: float


def clusters(settings: Settings, count: int) -> Summary:
    """Write interest clusters of the catalogue's items to the data directory; a server reads them at its start.

    Raises InputError without items of the bundle's space, or with fewer than clusters.
    """
    bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
    catalogue = Catalogue(settings.data_dir)
    try:
        total = catalogue.count_live(bundle.space)
        random = np.random.default_rng(SEED)
        shops: list[tuple[Floats, Floats]] = []
        for shop in sorted(catalogue.shop_versions()):
            vectors = _vectors(catalogue, bundle, shop)
            taken = random.permutation(len(vectors))[: -(-_MOST_ITEMS * len(vectors) // max(total, 1))]
            if len(taken):
                blocks = blocks_of(bundle)
                metric = metric_of(bundle, None if blocks is None else estimate(vectors, blocks))
                shops.append(as_tastes(vectors[np.sort(taken)], metric, bundle.filler))
    finally:
        catalogue.close()
    num_items = sum(len(tastes) for tastes, _ in shops)
    if num_items < count:
        raise InputError(
            f"expected at least {count} items of the space of bundle {bundle.name}, got {num_items}; "
            "run ingest, or ask for fewer clusters with --count"
        )
    made = make(shops, bundle.space, count)
    write(made, settings.data_dir)
    return {
        "sha256": made.sha256,
        "clusters": count,
        "items": num_items,
        "epsilon": EPSILON,
        "realEpsilon": round(real_epsilon(count), 12),
    }


def _vectors(catalogue: Catalogue, bundle: Bundle, shop: str) -> Floats:
    """Return float32 (n, dim): the item vectors of a shop's sound items in the bundle's space."""
    changes = catalogue.rows_of(catalogue.live_labels(shop), [], bundle.space)
    raw = b"".join(change.embedding or b"" for change in changes if is_usable(change, bundle))
    return np.frombuffer(raw, dtype="<f4").reshape(-1, bundle.dim)

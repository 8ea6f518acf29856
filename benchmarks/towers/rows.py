"""What benchmarks/towers/measure.py measures: its protocols, and the run of every tower in each."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from kernel.json_object import JsonObject

K = 10  # of NDCG@10 and the lists shown
PLANTED = "planted_taste"  # of simulated shoppers alone: what is there to be found, and no method's row
SHARES = {"valid": 0.1, "test": 0.2, "max_valid_users": 2000, "max_test_users": 4000}
PROTOCOLS: dict[str, dict[str, Any]] = {
    # Training users shop in both; held-out users have never been in B.
    "both": {"rule": "catalogue", **SHARES},
    "both_by_brand": {"rule": "catalogue", "by": "brand", **SHARES},
    # Nobody has ever been in B: none of its interactions is seen, in training or for tuning.
    "new_shop": {"rule": "catalogue", "train_sees": "a", **SHARES},
    "new_shop_by_brand": {"rule": "catalogue", "by": "brand", "train_sees": "a", **SHARES},
    # One fifth of all items is new, the targets are among these, and everything is ranked.
    "cold_items": {"rule": "cold_items", **SHARES},
    # Two real departments as shops: what somebody bought in one predicts what they buy in the other. Few people are in
    # both, so more of them are asked.
    "department": {"rule": "catalogue", "by": "shop", **SHARES, "valid": 0.15, "test": 0.35},
}
NEW_SHOP_PROTOCOLS = ("new_shop", "new_shop_by_brand")
SEEN_PROTOCOLS = ("both", "both_by_brand", "department")

# Towers that cost minutes an epoch on one core: so many epochs, histories cut to the last 15 items.
_SLOW = {"epochs": 3, "patience": 1, "max_items": 15, "precision": "bf16", "batch_size": 512}
_PIXELS = {**_SLOW, "epochs": 2, "batch_size": 128, "learning_rate": 0.001}


class RowSettings(TypedDict):
    """The [model] and [training] tables of a tower's run."""

    model: JsonObject
    training: JsonObject


ROWS: dict[str, RowSettings] = {
    "two_tower": {
        "model": {"type": "two_tower"},
        "training": {**_SLOW, "epochs": 5, "max_items": 30, "learning_rate": 0.0015},
    },
    "two_tower_bce": {
        "model": {"type": "two_tower", "loss": "bce", "negatives": "uniform", "num_negatives": 8},
        # Its first epoch is worse than no training, so it takes some patience to see that it learns.
        "training": {**_SLOW, "epochs": 5, "patience": 5, "learning_rate": 0.0015},
    },
    "fusion": {"model": {"type": "fusion"}, "training": {**_SLOW, "warmup_steps": 50}},
    "graphsage": {"model": {"type": "graphsage"}, "training": {**_SLOW, "learning_rate": 0.0015}},
    "additive": {
        "model": {"type": "additive", "dim": 1024, "id_dropout": 0.0},
        "training": {
            **{"epochs": 5, "patience": 2, "max_items": 100, "learning_rate": 0.002, "schedule": "cosine"},
            **{"weight_decay": 0.05, "temperature": 0.1},
        },
    },
    # The labels of clip and hybrid are fields of the products. Simulated shoppers' taste is made of just these (and of
    # gender, usage and popularity), so there both are told part of the answer; so is graphsage, by the category.
    "clip": {
        "model": {
            **{"type": "clip", "dim": 256, "hidden": 512, "dropout": 0.25, "mode": "heads", "held_out": 0.05},
            **{"labels": ["category", "color"], "sup_con": 1.0},
        },
        "training": {"epochs": 12, "patience": 3, "batch_size": 1024, "weight_decay": 0.05},
    },
    "hybrid": {
        "model": {
            **{"type": "hybrid", "image_size": 32, "soft_margin": True, "labels_per_batch": 32},
            "labels": ["category", "color"],
        },
        "training": {"epochs": 4, "patience": 4, "modality_dropout": 0.4, "schedule": "cosine"},
    },
    "hvsr": {
        "model": {"type": "hvsr", "dim": 512, "image_size": 32, "num_negatives": 4, "hard_share": 0.5},
        "training": {**_PIXELS, "temperature": 0.1},
    },
}
# Of a few thousand users an epoch has some forty batches, and rows that stop after one epoch without progress stop
# there untrained. These stand beside them, not in their place: so all data sets have rows in common.
LONGER: dict[str, RowSettings] = {
    f"{row}_longer": {**ROWS[row], "training": {**ROWS[row]["training"], "epochs": 12, "patience": 5}}
    for row in ("two_tower", "graphsage")
}
WITH_IMAGES = ("clip", "hybrid", "hvsr")
# Where nobody has seen the shop, training practises just that.
NEW_SHOP: dict[str, Mapping[str, Any]] = {"additive": {"model": {"new_shop": 1.0}}}
# What the row "stack" sums: where training users know the items that are asked for, and where nobody does.
STACKED = ("content", "words", "transfer", "co_occurrence", "user_knn", "ease", "additive")
STACKED_UNSEEN = ("content", "words", "transfer", "additive")
NO_IMAGES = "needs images, which these data have none of"


def stacked(protocol: str) -> Sequence[str]:
    """Return the rows that "stack" sums."""
    return STACKED if protocol in SEEN_PROTOCOLS else STACKED_UNSEEN


def settings_of(row: str, protocol: str) -> RowSettings:
    """Return a tower's {"model": …, "training": …}."""
    special = NEW_SHOP.get(row, {}) if protocol not in SEEN_PROTOCOLS else {}
    own = (ROWS | LONGER)[row]
    return {
        "model": {**own["model"], **special.get("model", {})},
        "training": {**own["training"], **special.get("training", {})},
    }

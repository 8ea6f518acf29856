"""The browser's part of a bundle: towers to download, or rules in the place of towers that are simple enough."""

from typing import Any, TypedDict

import onnx
import torch
from torch import Tensor, nn

from exporter import torch_export
from exporter.bundle_draft import TowerFile
from kernel.contract_types import PoolingRule, TextBlockRule
from trainer.towers.content import MAX_DISMISS_SHARE, REPEAT_EXPONENT, ContentItemTower, ContentUserTower
from trainer.towers.suggested_words import WordsAndLooksItem

_FILE = "lite/text_to_item.onnx"


class LiteMembers(TypedDict, total=False):
    """The members of a draft that a browser makes items and users with."""

    text_to_item: TowerFile
    text_block: TextBlockRule
    pooling: PoolingRule


def lite_members(
    encoder: TowerFile | None, item_tower: nn.Module, user_tower: nn.Module, text_dim: int, image_dim: int
) -> LiteMembers:
    """Return what a browser needs beside the text encoder; None for that where a token table gives the features.

    Texts go from token ids to items in int8, or from a table's features by a rule, or else by a tower in float32.
    """
    members: LiteMembers = {}
    pooling = pooling_of(user_tower)
    if pooling is not None:
        members["pooling"] = pooling
    block = text_block_of(item_tower) if encoder is None else None
    if block is not None:
        members["text_block"] = block
        return members
    model = torch_export.text_only_item_tower(item_tower, text_dim, image_dim)
    if encoder is None:
        members["text_to_item"] = TowerFile.of(_FILE, model)
    else:
        whole = torch_export.text_to_item(onnx.load_model_from_string(encoder.data), model)
        members["text_to_item"] = TowerFile.of(_FILE, whole, "int8")
    return members


def text_block_of(item_tower: Any) -> TextBlockRule | None:
    """Return the rule of a content tower that takes text features as they are; None for any other tower."""
    if isinstance(item_tower, WordsAndLooksItem):
        return {"start": 0, "share": float(item_tower.shares[0])}
    if not isinstance(item_tower, ContentItemTower):
        return None
    mean, basis = item_tower.text_mean, item_tower.text_basis
    if mean.any() or basis.shape[0] != basis.shape[1] or not torch.equal(basis, torch.eye(len(basis))):
        return None
    share: Tensor = item_tower.shares[0]
    return {"start": 0, "share": float(share)}


def pooling_of(user_tower: Any) -> PoolingRule | None:
    """Return the rule of a content user tower; None for any other tower."""
    if not isinstance(user_tower, ContentUserTower):
        return None
    return {
        "kindWeights": list(user_tower.config["kind_weights"]),
        "halfLifeDays": user_tower.half_life_days,
        "halfLifeItems": user_tower.half_life_items,
        "repeatExponent": REPEAT_EXPONENT,
        "maxDismissShare": MAX_DISMISS_SHARE,
    }

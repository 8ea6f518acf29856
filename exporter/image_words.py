"""What EfficientNet-Lite0's classes and the named colours are called, as text features of a token table."""

from typing import Any

import torch
from torch import Tensor

from encoders.token_table import TokenTable
from trainer.errors import PretrainedError
from trainer.pretrained import torchvision_schemas
from trainer.pretrained.colour_shares import COLOURS

NUM_CLASSES = 1000


def of_classes(table: TokenTable) -> Tensor:
    """Return the text features of ImageNet's class names, (1000, Dt), in the classifier's order."""
    torchvision_schemas.declare()
    from timm.data.imagenet_info import ImageNetInfo  # noqa: PLC0415 - timm imports torchvision, which needs the line above first

    info: Any = ImageNetInfo()  # timm has no types
    if info.num_classes() != NUM_CLASSES:
        raise PretrainedError(f"timm lists {info.num_classes()} classes of ImageNet, expected {NUM_CLASSES}")
    names = [info.index_to_description(place, detailed=False) for place in range(NUM_CLASSES)]
    return torch.from_numpy(table.encode(names))


def of_colours(table: TokenTable) -> Tensor:
    """Return the text features of the colours' names, (20, Dt), in the order of their shares."""
    return torch.from_numpy(table.encode(list(COLOURS)))

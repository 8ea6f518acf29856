"""Operator schemas that let timm and open_clip import a torchvision whose compiled extension cannot be loaded.

torchvision's Linux wheel is linked to CUDA. Beside a CPU torch its extension stays unloaded, and importing the
Python part fails with "operator torchvision::nms does not exist". Declaring the two operators' schemas is enough for
this project: transforms work, and calling either operator still raises a clear error.
"""

import functools
import importlib
from typing import Any

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@functools.cache
def declare() -> Any:
    """Declare the operators once where torchvision's own extension does not; return the library to keep alive."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch leaves it so
    for operator in ("nms", "qnms"):
        library.define(operator + _SCHEMA)  # type: ignore[no-untyped-call]  # torch leaves it so
    return library

"""The towers that a browser downloads."""

import onnx

from exporter import torch_export
from exporter.bundle_draft import TowerFile

_FILE = "lite/text_to_item.onnx"


def browser_text_to_item(encoder: TowerFile | None, text_only: onnx.ModelProto) -> TowerFile:
    """Return the tower from token ids to items in int8, or, without an encoder, from a token table's features."""
    if encoder is None:
        return TowerFile.of(_FILE, text_only)
    return TowerFile.of(_FILE, torch_export.text_to_item(onnx.load_model_from_string(encoder.data), text_only), "int8")

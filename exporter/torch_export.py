"""torch towers to ONNX, with the inputs that contracts/bundle.schema.json names."""

import inspect
from collections.abc import Mapping, Sequence

import onnx
import torch
from torch import Tensor, nn

from exporter import onnx_edit
from exporter.errors import ExportError

# torch names inner values after its operators, and one of those is "embedding": an output of that name would clash.
_INNER_OUTPUT = "carryover_output"


class _TextOnly(nn.Module):
    """An item tower whose image is always missing."""

    def __init__(self, item_tower: nn.Module, image_dim: int) -> None:
        super().__init__()
        self.item_tower = item_tower
        self.register_buffer("no_image", torch.zeros(1, image_dim))
        self.register_buffer("only_text", torch.tensor([[1.0, 0.0]]))

    def forward(self, text: Tensor) -> Tensor:
        num = text.shape[0]
        image, mask = self.get_buffer("no_image").expand(num, -1), self.get_buffer("only_text").expand(num, -1)
        return self.item_tower(text, image, mask)  # type: ignore[no-any-return]  # nn.Module calls are untyped


def text_encoder(encoder: nn.Module, num_tokens: int | None = None) -> onnx.ModelProto:
    """Export token ids (N, T) and their mask to (N, Dt); `num_tokens` fixes T."""
    length = num_tokens or 9
    ids = torch.arange(2 * length).reshape(2, length) % 97 + 1
    shape: list[str | int] = ["N", num_tokens or "T"]
    return export(encoder, {"inputIds": (ids, shape), "attentionMask": (torch.ones_like(ids), shape)})


def image_encoder(encoder: nn.Module, size: int) -> onnx.ModelProto:
    """Export pixels (N, 3, size, size) to (N, Di)."""
    return export(encoder, {"pixels": (torch.zeros(2, 3, size, size), ["N", 3, size, size])})


def item_tower(tower: nn.Module, text_dim: int, image_dim: int) -> onnx.ModelProto:
    """Export text (N, Dt), image (N, Di) and modalityMask (N, 2) to (N, dim)."""
    return export(
        tower,
        {
            "text": (torch.ones(2, text_dim), ["N", text_dim]),
            "image": (torch.ones(2, image_dim), ["N", image_dim]),
            "modalityMask": (torch.ones(2, 2), ["N", 2]),
        },
    )


def text_only_item_tower(tower: nn.Module, text_dim: int, image_dim: int) -> onnx.ModelProto:
    """Export text (N, Dt) to the embedding (N, dim) of an item without an image."""
    return export(_TextOnly(tower, image_dim), {"text": (torch.ones(2, text_dim), ["N", text_dim])})


def user_tower(tower: nn.Module, dim: int) -> onnx.ModelProto:
    """Export items (B, L, dim), kinds, agesDays and itemMask (B, L) to (B, dim); weights (B, L) where it takes them."""
    shape: list[str | int] = ["B", "L"]
    inputs: dict[str, tuple[Tensor, Sequence[str | int]]] = {
        "items": (torch.ones(2, 3, dim), ["B", "L", dim]),
        "kinds": (torch.zeros(2, 3, dtype=torch.int64), shape),
        "agesDays": (torch.ones(2, 3), shape),
        "itemMask": (torch.ones(2, 3), shape),
    }
    if "item_weights" in inspect.signature(tower.forward).parameters:
        inputs["weights"] = (torch.ones(2, 3), shape)
    return export(tower, inputs)


def text_to_item(encoder: onnx.ModelProto, text_only: onnx.ModelProto) -> onnx.ModelProto:
    """Return token ids to item embedding in one model: the encoder in int8, the image-free tower in float32."""
    return onnx_edit.chain(onnx_edit.quantise(encoder), text_only)


def export(module: nn.Module, inputs: Mapping[str, tuple[Tensor, Sequence[str | int]]]) -> onnx.ModelProto:
    """Return the ONNX form of `module`, whose one output is named "embedding".

    `inputs` holds, for each input in the order of `forward`, an example and its shape, a free dimension as its name.
    """
    dims = {name: torch.export.Dim(name) for _, shape in inputs.values() for name in shape if isinstance(name, str)}
    dynamic = tuple(
        {axis: dims[size] for axis, size in enumerate(shape) if isinstance(size, str)} for _, shape in inputs.values()
    )
    with onnx_edit.quiet(), torch.inference_mode():
        program = torch.onnx.export(
            module.eval(),
            tuple(example for example, _ in inputs.values()),
            dynamo=True,
            input_names=list(inputs),
            output_names=[_INNER_OUTPUT],
            dynamic_shapes=dynamic,
            opset_version=onnx_edit.OPSET,
            external_data=False,
            verbose=False,
        )
    if program is None:
        raise ExportError(f"torch returned no ONNX program for {type(module).__name__}")
    return onnx_edit.canonical(program.model_proto)

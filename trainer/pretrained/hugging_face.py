"""Text encoders from a local Hugging Face folder: BERT, RoBERTa, MPNet, E5, BLaIR and their kin."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor, nn

from kernel.json_object import JsonMapping, JsonObject
from trainer.errors import PretrainedError, UnsupportedModelError
from trainer.pretrained import tokenizer_folder, torchvision_schemas
from trainer.pretrained.tokenizer_folder import FolderTokenizer

Pooling = Literal["mean", "cls", "max"]
POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "max")
# The keys of sentence-transformers' 1_Pooling/config.json, before and since its version 6.
_POOLING_KEYS: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
_DOWNLOAD = "download config.json, model.safetensors and the tokenizer's files of the model into one folder"
MAX_TOKENS = 128
# Decoders read from left to right and have no vector of the whole text.
_MASKED = -1e4


@dataclass(frozen=True)
class TextModel:
    """A text encoder of a folder with its tokenizer and what it expects before a text."""

    encoder: "TextEncoder"
    tokenizer: FolderTokenizer
    max_tokens: int
    prefix: str
    pooling: Pooling


class TextEncoder(nn.Module):
    """A transformers encoder with pooling, from token ids (N, T) and their mask to (N, hidden), unit length.

    Args:
        transformer: a model whose output has `last_hidden_state`.
        pooling: how token vectors become one.
        pad_id: the token beyond the mask; RoBERTa counts positions by it.
    """

    def __init__(self, transformer: Any, pooling: Pooling, pad_id: int) -> None:
        super().__init__()
        self.transformer = transformer
        self.pooling = pooling
        self.pad_id = pad_id

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return (N, hidden) from token ids (N, T) int64 and their mask (N, T) int64, 1 at tokens."""
        ids = torch.where(attention_mask > 0, input_ids, self.pad_id)
        states = self.transformer(input_ids=ids, attention_mask=attention_mask).last_hidden_state  # (N, T, hidden)
        return F.normalize(_pooled(states, attention_mask.unsqueeze(-1).to(states.dtype), self.pooling), dim=1)


def _pooled(states: Tensor, present: Tensor, pooling: Pooling) -> Tensor:
    """Return (N, hidden) from token vectors (N, T, hidden) and which are present (N, T, 1)."""
    if pooling == "cls":
        return states[:, 0]
    if pooling == "max":
        return (states + (1 - present) * _MASKED).max(dim=1).values
    return (states * present).sum(dim=1) / present.sum(dim=1).clamp(min=1e-9)


def load(
    folder: Path, *, pooling: Pooling | None = None, prefix: str | None = None, max_tokens: int | None = None,
    seed: int | None = None,
) -> TextModel:  # fmt: skip
    """Return the text encoder of a folder in evaluation mode; raise PretrainedError or UnsupportedModelError.

    pooling, prefix, max_tokens: None for what the folder's sentence-transformers files say, else mean, no prefix and
    128 tokens at most. seed: random weights drawn from it; then config.json and the tokenizer are enough.
    """
    if not (folder / "config.json").is_file():
        raise PretrainedError(f"{folder}: expected a text encoder's folder with config.json; {_DOWNLOAD}")
    _check_modules(folder)
    tokenizer = tokenizer_folder.load(folder)
    transformer = _transformer(folder, seed)
    config = transformer.config
    limits = (
        max_tokens or _stated_length(folder) or MAX_TOKENS,
        tokenizer.max_tokens or MAX_TOKENS * 64,
        _positions(config),
    )
    chosen = pooling or _stated_pooling(folder) or "mean"
    return TextModel(
        encoder=TextEncoder(transformer, chosen, tokenizer.pad_id).eval(),
        tokenizer=tokenizer,
        max_tokens=min(limits),
        prefix=_stated_prefix(folder) if prefix is None else prefix,
        pooling=chosen,
    )


def _transformer(folder: Path, seed: int | None) -> Any:
    torchvision_schemas.declare()
    from transformers import AutoConfig, AutoModel  # noqa: PLC0415 - it takes seconds to import

    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
        if getattr(config, "is_encoder_decoder", False) or getattr(config, "is_decoder", False):
            raise UnsupportedModelError(f"{folder}: {config.model_type} is not an encoder of texts alone")
        if seed is not None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                return AutoModel.from_config(config).eval()  # type: ignore[no-untyped-call]  # transformers leaves it so
        if not _has_weights(folder):
            raise PretrainedError(f"{folder}: expected model.safetensors, found none; {_DOWNLOAD}")
        return AutoModel.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=_use_safetensors(folder), dtype=torch.float32
        ).eval()
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PretrainedError(f"{folder}: is not a text encoder that transformers reads: {first[:200]}") from error


def _has_weights(folder: Path) -> bool:
    return any(any(folder.glob(pattern)) for pattern in ("model*.safetensors*", "pytorch_model*.bin*"))


def _use_safetensors(folder: Path) -> bool:
    return any(folder.glob("model*.safetensors*"))


def _positions(config: Any) -> int:
    """Return the most tokens that a model has positions for; RoBERTa's begin after the padding's id."""
    positions = int(getattr(config, "max_position_embeddings", 0) or 0)
    if positions <= 0:
        return MAX_TOKENS * 64
    offset = config.pad_token_id + 1 if config.model_type in _OFFSET_POSITIONS else 0
    return positions - offset


_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "xlm-roberta-xl", "xmod", "longformer"}


def _stated_pooling(folder: Path) -> Pooling | None:
    """Return the pooling of sentence-transformers' files; None without them. Raise where a bundle cannot express it."""
    about = _read(_module_folder(folder, "Pooling") / "config.json")
    mode = about.get("pooling_mode")
    if isinstance(mode, str) and mode in POOLINGS:
        return mode
    on = [key for key, value in about.items() if key.startswith("pooling_mode_") and value is True]
    if not about or not (on or mode):
        return None
    if len(on) != 1 or on[0] not in _POOLING_KEYS:
        raise UnsupportedModelError(
            f"{folder}: pools by {', '.join(on) or mode}; expected one of {', '.join(POOLINGS)}, or give --pooling"
        )
    return _POOLING_KEYS[on[0]]


def _module_folder(folder: Path, kind: str) -> Path:
    """Return the folder of a sentence-transformers module, by modules.json or by its usual name."""
    paths = [str(each["path"]) for each in _modules(folder) if _kind(each) == kind]
    return folder / (paths[0] if paths else f"1_{kind}")


def _check_modules(folder: Path) -> None:
    """Raise UnsupportedModelError where something other than pooling follows the encoder."""
    if others := [_kind(each) for each in _modules(folder) if _kind(each) not in _MODULES]:
        raise UnsupportedModelError(
            f"{folder}: modules.json has {others[0]} after the encoder, which a bundle cannot hold"
        )


def _modules(folder: Path) -> list[JsonObject]:
    found = _read(folder / "modules.json")
    return found if isinstance(found, list) else []


def _kind(module: JsonObject) -> str:
    return str(module["type"]).rpartition(".")[2]


_MODULES = {"Transformer", "Pooling", "Normalize"}


def _stated_length(folder: Path) -> int | None:
    length = _read(folder / "sentence_bert_config.json").get("max_seq_length")
    return int(length) if length else None


def _stated_prefix(folder: Path) -> str:
    """Return the default prompt of sentence-transformers' configuration, or ""."""
    about: JsonMapping = _read(folder / "config_sentence_transformers.json")
    name = about.get("default_prompt_name")
    return str(about.get("prompts", {}).get(name, "")) if name else ""


def _read(path: Path) -> Any:
    """Return a JSON file's content, {} where there is none."""
    try:
        found: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PretrainedError(f"{path}: is not JSON: {error}") from error
    return found

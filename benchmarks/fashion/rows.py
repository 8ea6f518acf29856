"""The rows of benchmarks/fashion/retrieval.py: what is trained and how. Chosen on the validation products alone."""

from dataclasses import dataclass, field

from kernel.json_object import JsonMapping


@dataclass(frozen=True)
class Row:
    """One way to bring names and images together."""

    about: str
    model: JsonMapping
    training: JsonMapping = field(default_factory=dict)
    labels: tuple[str, ...] = ("articleType", "baseColour")  # of the training products, where the row uses labels
    is_slow: bool = False  # minutes a seed, so the first seed only unless asked for


_SCHEDULE = {"learning_rate": 1e-3, "weight_decay": 0.05, "schedule": "cosine"}
_HEADS = {"epochs": 40, "patience": 40, "batch_size": 1024, "warmup_steps": 28, **_SCHEDULE}
_TUNED = {"epochs": 10, "patience": 10, "batch_size": 256, "warmup_steps": 45, **_SCHEDULE}
_CLIP = {"type": "clip", "dim": 256, "hidden": 1024, "dropout": 0.25}
# Images at full size stay as the frozen encoder sees them, so the heads can be trained out before the text moves.
_TEXT_MOVES = {"epochs": 33, "patience": 33, "batch_size": 512, "warmup_steps": 28, **_SCHEDULE, "final_share": 0.25}
_MOVING = {"heads_epochs": 8, "encoder_learning_rate": 5e-5, "image_size": 112}

ROWS: dict[str, Row] = {
    "zero_shot": Row(
        "both encoders as published and no training: they share no space, so this is chance",
        {**_CLIP, "mode": "zero_shot", "hidden": 0},
        {"epochs": 1},
    ),
    "heads_linear": Row(
        "linear heads on frozen features", {**_CLIP, "mode": "heads", "hidden": 0, "sup_con": 0.0}, _HEADS
    ),
    "heads": Row("heads with one hidden layer on frozen features", {**_CLIP, "mode": "heads", "sup_con": 0.0}, _HEADS),
    "heads_sup_con": Row(
        "the same, blended with supervised contrast on type and colour",
        {**_CLIP, "mode": "heads", "sup_con": 0.2},
        _HEADS,
    ),
    "lora": Row(
        "those heads for eight epochs, then LoRA of rank 8 in both encoders, images at 112 pixels",
        {**_CLIP, "mode": "lora", "sup_con": 0.2, "lora_rank": 8, **_MOVING, "encoder_learning_rate": 3e-4},
        _TUNED,
        is_slow=True,
    ),
    "lora_text": Row(
        "those heads for thirty epochs, then LoRA of rank 8 in the text encoder; the image encoder stays frozen",
        {
            **{**_CLIP, "mode": "lora", "sup_con": 0.2, "lora_rank": 8, "tune": "text"},
            **{"heads_epochs": 30, "encoder_learning_rate": 1e-3},
        },
        _TEXT_MOVES,
        is_slow=True,
    ),
    "partial": Row(
        "those heads for thirty epochs, then the last four text blocks; the image encoder stays frozen",
        {
            **{**_CLIP, "mode": "partial", "sup_con": 0.2, "tune": "text", "text_blocks": 4},
            **{"heads_epochs": 30, "encoder_learning_rate": 1e-4},
        },
        _TEXT_MOVES,
        is_slow=True,
    ),
    "full": Row(
        "those heads for eight epochs, then both encoders whole, images at 112 pixels",
        {**_CLIP, "mode": "full", "sup_con": 0.2, **_MOVING},
        _TUNED,
        is_slow=True,
    ),
    "hybrid": Row(
        "a CNN at 64 pixels and a transformer from scratch, batch-hard triplets on type and colour",
        {"type": "hybrid", "dim": 256, "image_size": 64, "labels_per_batch": 32, "per_label": 4, "soft_margin": True},
        {"epochs": 6, "patience": 6, "warmup_steps": 50, "modality_dropout": 0.4, **_SCHEDULE},
        is_slow=True,
    ),
    "hvsr": Row(
        "images only: frozen embedding and DVBPR's CNN at 64 pixels; in place of users' choices, which these data "
        "lack, BPR-K prefers a product of the same type and colour to ten others, half of them near in images",
        {"type": "hvsr", "dim": 512, "image_size": 64, "num_negatives": 10, "hard_share": 0.5},
        {"epochs": 3, "patience": 3, "batch_size": 256, "temperature": 0.1, "warmup_steps": 30, **_SCHEDULE},
        is_slow=True,
    ),
}

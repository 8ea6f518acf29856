"""Item embeddings of a run by the checkpoint's item tower, from both modalities and from each alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.evaluation.protocol import embed_items
from trainer.features.item_features import ItemFeatures
from trainer.learning.pairs import TunedText, all_features
from trainer.prepare import Prepared
from trainer.towers.clip import ContrastiveItemTower

Embeddings = NDArray[np.float32]
TEXT, IMAGE = 0, 1  # columns of the modality mask


@dataclass(frozen=True)
class ItemViews:
    """Embeddings of every item, (num_items, dim) each, of unit length.

    has_shared_space: whether the tower is trained to give a text and its image similar embeddings. CLIP's heads are,
    late fusion's are not. In a shared space, words are compared with images alone, else with whole items.
    """

    whole: Embeddings
    from_text: Embeddings  # rows of items without a text are meaningless
    from_image: Embeddings
    has_shared_space: bool


def item_views(prepared: Prepared, towers: Mapping[str, nn.Module]) -> ItemViews | None:
    """Return the item embeddings of the catalogue, None where the model has no item tower."""
    tower = towers.get("item_tower")
    if tower is None:
        return None
    tower = tower.to(prepared.device).eval()
    whole, from_text, from_image = (
        embed_items(tower, features, prepared.device).cpu().numpy()
        for features in (prepared.features, only(prepared.features, TEXT), only(prepared.features, IMAGE))
    )
    return ItemViews(whole, from_text, from_image, isinstance(tower, ContrastiveItemTower))


def only(features: ItemFeatures, modality: int) -> ItemFeatures:
    """Return the features of one modality; the other is missing everywhere."""
    kept = np.zeros((1, 2), dtype=np.float32)
    kept[0, modality] = 1
    text, image = features.text, features.image
    return replace(
        features,
        text=text if modality == TEXT else np.zeros_like(text),
        image=image if modality == IMAGE else np.zeros_like(image),
        modality_mask=features.modality_mask * kept,
    )


@torch.no_grad()
def embed_words(words: Sequence[str], prepared: Prepared, towers: Mapping[str, nn.Module]) -> Embeddings:
    """Return the item tower's embeddings of texts without images, (n, dim)."""
    tower = towers["item_tower"]
    features = np.zeros((len(words), prepared.features.text.shape[1]), dtype=np.float32)
    if "text_encoder" in towers:
        source = TunedText(towers["text_encoder"], prepared.encoders.tokens(), list(words), 0.0, prepared.device)
        features = all_features(source, np.arange(len(words)), features.shape[1], len(words))
    else:
        for rows, found in prepared.encoders.encode_texts(words):
            features[list(rows)] = found
    mask = torch.tensor([[1.0, 0.0]]).repeat(len(words), 1)
    image = torch.zeros(len(words), prepared.features.image.shape[1])
    given = (tensor.to(prepared.device) for tensor in (torch.from_numpy(features), image, mask))
    embeddings: Embeddings = tower.to(prepared.device).eval()(*given).cpu().numpy()
    return embeddings

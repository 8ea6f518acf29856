"""GraphSAGE: an item embedding from the item's own content and that of its neighbours in the item graph."""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.projection import project_present, projection
from trainer.towers.tower import Tower
from trainer.towers.two_tower import ResidualBlock

RELATIONS = ("co_view", "content", "brand", "category")


class GraphSageItem(Tower):
    r"""Item tower: content, then layers that add the mean of an item's neighbours with one weight per relation.

    .. math::
        h^0_i &= P \, [t_i; v_i], \qquad
        a^l_i = h^l_i + \sum_r W^l_r \, \frac{1}{|S_r(i)|} \sum_{j \in S_r(i)} h^l_j \\
        h^{l+1}_i &= a^l_i + W_2 \, \mathrm{GELU}(W_1 \, \mathrm{LayerNorm}(a^l_i)), \qquad
        e_i = \frac{P' h^L_i}{\|P' h^L_i\|}

    :math:`S_r(i)` are sampled neighbours of relation r; a relation without any adds nothing. The sum is PyTorch
    Geometric's SAGEConv with the mean aggregator. Its root weight is the identity here and :math:`W_r` starts at zero,
    so that before training two items are about as similar as their content. Nothing is learned per item, so an item
    that training never saw is embedded like any other. Without a neighbourhood all items count as having no
    neighbours. Server and browser use the tower this way; training removes some items' neighbours to prepare for it.

    Shapes:
        - text: (N, text_dim) float32; image: (N, image_dim) float32; modality_mask: (N, 2) float32, 1 where present
        - added: (M, text_dim + image_dim + 2) float32, the same three side by side for the other nodes of a sampled
          neighbourhood; nodes are numbered from the N items on
        - edges: (2, E) int64, source over target, in the order of layers and, within a layer, of relations
        - edge_counts: (num_layers, 4) int64, the number of edges of each layer and relation
        - num_targets: (num_layers,) int64: a layer computes the nodes before this one; for the last layer that is N
        - output: (N, dim) float32, unit length

    Papers: "Inductive Representation Learning on Large Graphs", Hamilton et al., NeurIPS 2017,
    https://arxiv.org/abs/1706.02216; a weight per relation as in "Modeling Relational Data with Graph Convolutional
    Networks", Schlichtkrull et al. 2018, https://arxiv.org/abs/1703.06103
    """

    def __init__(
        self,
        text_dim: int,
        image_dim: int,
        dim: int = 256,
        width: int = 128,
        hidden: int = 256,
        num_layers: int = 2,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "text_dim": text_dim,
            "image_dim": image_dim,
            "dim": dim,
            "width": width,
            "hidden": hidden,
            "num_layers": num_layers,
        }
        self.project_text = projection(text_dim, width, generator)
        self.project_image = projection(image_dim, width, generator)
        self.missing = nn.Parameter(torch.empty(2, width))  # text, image
        self.layers = nn.ModuleList(_SageLayer(width, hidden, generator) for _ in range(num_layers))
        self.out = projection(width, dim, generator)
        nn.init.normal_(self.missing, std=0.1 * width**-0.5, generator=generator)

    def forward(
        self,
        text: Tensor,
        image: Tensor,
        modality_mask: Tensor,
        added: Tensor | None = None,
        edges: Tensor | None = None,
        edge_counts: Tensor | None = None,
        num_targets: Tensor | None = None,
    ) -> Tensor:
        """Return the embedding of each item, (N, dim), unit length; the last four are given together or not at all."""
        nodes = self._content(text, image, modality_mask)  # (N, width)
        if added is None or edges is None or edge_counts is None or num_targets is None:
            for layer in self.layers:
                nodes = layer(nodes)
            return F.normalize(self.out(nodes), dim=-1)
        others = torch.split(added, [text.shape[1], image.shape[1], 2], dim=1)
        nodes = torch.cat([nodes, self._content(*others)])  # (N + M, width)
        by_relation = iter(torch.split(edges, edge_counts.flatten().tolist(), dim=1))
        for layer, num in zip(self.layers, num_targets.tolist(), strict=True):
            nodes = layer(nodes, [next(by_relation) for _ in RELATIONS], num)
        return F.normalize(self.out(nodes), dim=-1)

    def _content(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return each node's content without its neighbours', (nodes, width)."""
        has_text, has_image = modality_mask[:, 0:1], modality_mask[:, 1:2]
        content: Tensor = has_text * project_present(self.project_text, text, has_text)
        content = content + has_image * project_present(self.project_image, image, has_image)
        return content + (1 - has_text) * self.missing[0] + (1 - has_image) * self.missing[1]


class _SageLayer(nn.Module):
    """GraphSAGE layer from (nodes, width) to (num_targets, width); without edges, each node alone."""

    def __init__(self, width: int, hidden: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.relations = nn.ModuleList(_mean_of_neighbours(width) for _ in RELATIONS)
        self.block = ResidualBlock(width, hidden, generator=generator)

    def forward(self, nodes: Tensor, edges: Sequence[Tensor] = (), num_targets: int = 0) -> Tensor:
        if edges:
            targets = nodes[:num_targets]
            messages = [
                relation((nodes, targets), edge, (len(nodes), num_targets))
                for relation, edge in zip(self.relations, edges, strict=True)
            ]
            nodes = targets + torch.stack(messages).sum(0)
        mixed: Tensor = self.block(nodes)
        return mixed


def _mean_of_neighbours(width: int) -> nn.Module:
    """Return a module that computes W times the mean of the neighbours; W starts at zero."""
    with warnings.catch_warnings():  # PyG 2.8 uses torch.jit.script when it is imported, which torch 2.13 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        # Imported here because it takes seconds, and loading or exporting any other tower imports this module.
        from torch_geometric.nn import SAGEConv  # noqa: PLC0415

    relation: nn.Module = SAGEConv(width, width, root_weight=False, bias=False)
    for weight in relation.parameters():
        nn.init.zeros_(weight)
    return relation

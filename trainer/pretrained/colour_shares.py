"""Colours of the thing that an image shows, as shares of named colours; nothing here is trained."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# sRGB of the colours that shops name most.
COLOURS = {
    "black": (13, 13, 13),
    "white": (247, 247, 247),
    "grey": (140, 140, 140),
    "red": (204, 26, 31),
    "blue": (38, 77, 191),
    "navy blue": (26, 33, 77),
    "green": (38, 128, 51),
    "yellow": (242, 217, 51),
    "orange": (242, 128, 38),
    "pink": (242, 128, 179),
    "purple": (115, 51, 140),
    "brown": (102, 64, 38),
    "beige": (222, 199, 166),
    "gold": (204, 166, 77),
    "silver": (191, 191, 196),
    "olive": (102, 107, 51),
    "maroon": (115, 20, 38),
    "turquoise": (51, 179, 179),
    "light blue": (166, 204, 242),
    "cream": (250, 240, 212),
}
GRID = 28
# Distances in CIELAB. A pixel this far from the border's mean colour belongs to the thing as likely as not.
OBJECT_DISTANCE = 8.0
OBJECT_SLOPE = 3.0
# Pixels of one colour differ by light and by compression about this much.
COLOUR_SPREAD = 12.0
# A thing in the border's own colour still has a colour.
_LEAST_WEIGHT = 1e-3
_CENTRE_SPREAD = 0.5


class ColourShares(nn.Module):
    r"""Shares of named colours in the middle of an image, where it differs from its border.

    .. math::
        w_p = g_p \left(\sigma((|c_p - c_\text{border}| - 8) / 3) + 0.001\right), \qquad
        s = \frac{\sum_p w_p \, \mathrm{softmax}_k(-|c_p - n_k| / 12)}{\sum_p w_p}

    c are colours of a grid x grid of cells in CIELAB (D65), n those of COLOURS, and g a Gaussian around the middle.

    Args:
        grid: number of cells on a side.

    Shapes:
        - pixels: (N, 3, side, side) float32 by a rule of mean .5 and deviation .5; side is a multiple of `grid`
        - output: (N, 20) float32, in the order of COLOURS, adding up to 1
    """

    palette: Tensor
    middle: Tensor
    border: Tensor

    def __init__(self, grid: int = GRID) -> None:
        super().__init__()
        self.grid = grid
        self.register_buffer("palette", _lab(torch.tensor(list(COLOURS.values())) / 255.0))  # (20, 3)
        line = torch.linspace(-1.0, 1.0, grid)
        squares = line[:, None].square() + line[None].square()
        self.register_buffer("middle", torch.exp(-squares / _CENTRE_SPREAD).reshape(-1))  # (P,)
        edge = torch.ones(grid, grid)
        edge[1:-1, 1:-1] = 0
        self.register_buffer("border", edge.reshape(-1, 1) / edge.sum())  # (P, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (N, 20)."""
        cells = F.avg_pool2d(pixels * 0.5 + 0.5, pixels.shape[-1] // self.grid).flatten(2).transpose(1, 2)
        colours = _lab(cells.clamp(0.0, 1.0))  # (N, P, 3)
        background = (colours * self.border).sum(dim=1, keepdim=True)
        distance = _length(colours - background)  # (N, P)
        weight = self.middle * (torch.sigmoid((distance - OBJECT_DISTANCE) / OBJECT_SLOPE) + _LEAST_WEIGHT)
        to_named = _length(colours.unsqueeze(2) - self.palette)  # (N, P, 20)
        named = torch.softmax(-to_named / COLOUR_SPREAD, dim=-1)
        return (named * weight.unsqueeze(-1)).sum(dim=1) / weight.sum(dim=1, keepdim=True)


def _length(vectors: Tensor) -> Tensor:
    return (vectors.square().sum(dim=-1) + 1e-12).sqrt()


def _lab(rgb: Tensor) -> Tensor:
    """Return sRGB (…, 3) in [0, 1] in CIELAB for D65 (IEC 61966-2-1, CIE 15)."""
    linear = torch.where(rgb > 0.04045, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    to_xyz = torch.tensor([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    white = torch.tensor([0.9505, 1.0, 1.089])
    relative = linear @ (to_xyz / white.unsqueeze(1)).T
    curved = torch.where(
        relative > 0.008856, relative.clamp(min=0.008856) ** (1.0 / 3.0), 7.787 * relative + 16.0 / 116.0
    )
    x, y, z = curved.unbind(dim=-1)
    return torch.stack((116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)), dim=-1)

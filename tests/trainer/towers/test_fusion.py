import numpy as np
import pytest
import torch
import torch.nn.functional as F

from trainer.recipes.fusion import alignment_loss
from trainer.towers.fusion import FusionItem, FusionUser, SelfAttentionBlock
from trainer.towers.two_tower import DISMISS, MASKED_LOGIT

TEXT, IMAGE, NUMBERS, DIM = 24, 40, 3, 16
SIZES = {"width": 8, "hidden": 12, "num_heads": 2, "num_layers": 2}


def disturbed(tower: torch.nn.Module) -> torch.nn.Module:
    """Move every weight off its initial value, where the blocks are the identity and hide mistakes."""
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for weight in tower.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.3)
    return tower.eval()


@pytest.fixture
def item_tower() -> FusionItem:
    return disturbed(
        FusionItem(TEXT, IMAGE, ("a", "b", "c"), 5, DIM, SIZES, generator=torch.Generator().manual_seed(1))
    )


@pytest.fixture
def user_tower() -> FusionUser:
    return disturbed(FusionUser(DIM, 4, attention=SIZES, generator=torch.Generator().manual_seed(2)))


def content(num: int, mask: list[int], seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    draws = (torch.randn(num, width, generator=generator) for width in (TEXT, IMAGE))
    return *draws, torch.tensor([mask], dtype=torch.float32).repeat(num, 1)


def history(length: int, batch: int = 1, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    items = F.normalize(torch.randn(batch, length, DIM, generator=generator), dim=-1)
    kinds = torch.randint(0, DISMISS, (batch, length), generator=generator)
    return items, kinds, 100 * torch.rand(batch, length, generator=generator), torch.ones(batch, length)


def test_a_block_equals_attention_and_a_residual_layer_by_hand():
    block = disturbed(SelfAttentionBlock(8, 2, 12, 0.0))
    tokens = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(0))
    there = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1]]).bool()
    x = block.norm(tokens)
    query, key, value = (x @ w.T + b for w, b in zip(*(p.chunk(3) for p in _in_projection(block)), strict=True))
    heads = []
    for head in (slice(0, 4), slice(4, 8)):
        logits = query[..., head] @ key[..., head].transpose(1, 2) / 2  # square root of four numbers a head
        heads.append(logits.masked_fill(~there[:, None, :], -torch.inf).softmax(-1) @ value[..., head])
    y = tokens + block.attention.out_proj(torch.cat(heads, dim=-1))
    expected = y + block.block.narrow(F.gelu(block.block.widen(block.block.norm(y))))
    got = block(tokens, MASKED_LOGIT * (~there).float())
    assert torch.allclose(got, expected, atol=1e-5)


def _in_projection(block):
    return block.attention.in_proj_weight, block.attention.in_proj_bias


@pytest.mark.parametrize("mask", [[1, 1], [1, 0], [0, 1], [0, 0]])
@pytest.mark.parametrize("row", [None, -1, 3])
@pytest.mark.parametrize("known", [None, 0, 1])
def test_an_item_has_unit_length_with_any_input_missing(item_tower, mask, row, known):
    more = {} if row is None else {"item_rows": torch.tensor([row])}
    if known is not None:
        more |= {"numeric": torch.randn(1, NUMBERS), "numeric_mask": torch.full((1, NUMBERS), float(known))}
    embedding = item_tower(*content(1, mask), **more)
    assert embedding.shape == (1, DIM)
    assert embedding.norm().item() == pytest.approx(1, abs=1e-6)


def test_masked_inputs_are_ignored_and_absent_ones_count_as_missing(item_tower):
    text, image, mask = content(2, [1, 0])
    bare = item_tower(text, image, mask)
    numbers, unknown = torch.full((2, NUMBERS), 7.0), torch.zeros(2, NUMBERS)
    given = item_tower(text, 9 * image + 1, mask, numbers, unknown, torch.tensor([-1, -1]))
    assert torch.allclose(given, bare, atol=1e-6)
    for more in ({"item_rows": torch.tensor([0, 1])}, {"numeric": numbers, "numeric_mask": 1 - unknown}):
        assert not torch.allclose(item_tower(text, image, mask, **more), bare, atol=1e-3)


def test_an_unknown_number_differs_from_a_zero(item_tower):
    numbers, known = torch.zeros(2, NUMBERS), torch.ones(2, NUMBERS)
    known[1, 0] = 0
    text, image, mask = content(1, [1, 1])
    one, two = item_tower(text.repeat(2, 1), image.repeat(2, 1), mask.repeat(2, 1), numbers, known)
    assert not torch.allclose(one, two, atol=1e-4)


def test_rows_finds_items_by_key_in_any_order(item_tower):
    item_tower.item_keys.copy_(torch.tensor([-50, -3, 0, 7, 900]))
    assert item_tower.rows(torch.tensor([900, 1, -50, 901, -51, 0])).tolist() == [4, -1, 0, -1, -1, 2]
    assert FusionItem(TEXT, IMAGE).rows(torch.tensor([1, 2])).tolist() == [-1, -1]


def test_untrained_item_similarities_are_near_content_similarities():
    tower = FusionItem(384, 1280, (), 40, generator=torch.Generator().manual_seed(1)).eval()
    generator = torch.Generator().manual_seed(2)
    centre = torch.randn(4, 1, 384, generator=generator)
    text = (centre + 0.8 * torch.randn(4, 10, 384, generator=generator)).reshape(40, 384)
    with torch.no_grad():
        embedding = tower(text, torch.zeros(40, 1280), torch.tensor([[1.0, 0.0]]).expand(40, 2))
    text = F.normalize(text, dim=-1)
    truth, embedded = (text @ text.T).flatten(), (embedding @ embedding.T).flatten()
    assert torch.corrcoef(torch.stack([truth, embedded]))[0, 1] > 0.95


def test_alignment_loss_is_mean_cross_entropy_over_items_with_both(item_tower):
    text, image, _ = content(4, [1, 1])
    mask = torch.tensor([[1.0, 1], [1, 0], [1, 1], [1, 1]])
    both = [0, 2, 3]
    v = F.normalize(item_tower.project_image(F.normalize(image[both], dim=1)), dim=1).detach().double().numpy()
    t = F.normalize(item_tower.project_text(F.normalize(text[both], dim=1)), dim=1).detach().double().numpy()
    likely = np.exp(v @ t.T / 0.5)
    expected = -np.mean([np.log(likely / likely.sum(axis, keepdims=True)).diagonal() for axis in (0, 1)])
    assert alignment_loss(item_tower, 0.5, text, image, mask).item() == pytest.approx(expected, rel=1e-5)
    assert alignment_loss(item_tower, 0.5, text[:2], image[:2], mask[:2]).item() == 0


def test_an_untrained_user_is_the_mean_of_liked_items():
    tower = FusionUser(DIM, attention={"width": 8, "num_heads": 2}, generator=torch.Generator().manual_seed(2)).eval()
    items, kinds, ages, mask = history(3)
    kinds[0, 2] = DISMISS
    assert torch.allclose(tower(items, kinds, ages, mask)[0], F.normalize(items[0, :2].mean(0), dim=0), atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 300])
def test_padding_changes_nothing_at_any_history_length(user_tower, length):
    items, kinds, ages, mask = history(length, batch=2)
    user = user_tower(items, kinds, ages, mask)
    assert torch.allclose(user.norm(dim=1), torch.ones(2), atol=1e-6)
    padded = user_tower(
        torch.cat([torch.randn(2, 5, DIM) * 50, items], 1),
        torch.cat([torch.full((2, 5), DISMISS), kinds], 1),
        torch.cat([torch.full((2, 5), 1e6), ages], 1),
        torch.cat([torch.zeros(2, 5), mask], 1),
    )
    assert torch.allclose(user, padded, atol=1e-5)


def test_user_depends_on_kind_age_dismissal_and_id_but_not_order(user_tower):
    items, kinds, ages, mask = history(6)
    user = user_tower(items, kinds, ages, mask)
    shuffled = torch.tensor([3, 0, 5, 1, 4, 2])
    assert torch.allclose(user, user_tower(items[:, shuffled], kinds[:, shuffled], ages[:, shuffled], mask), atol=1e-5)
    dismissed = kinds.clone()
    dismissed[0, 1] = DISMISS
    without = mask.clone()
    without[0, 1] = 0
    others = [
        user_tower(items, (kinds + 1) % DISMISS, ages, mask),
        user_tower(items, kinds, ages.flip(1), mask),
        user_tower(items, dismissed, ages, mask),
        user_tower(items, kinds, ages, without),
        user_tower(items, kinds, ages, mask, torch.tensor([2])),
    ]
    everyone = torch.cat([user, *others])
    assert torch.cdist(everyone, everyone).fill_diagonal_(1).min() > 1e-3


def test_an_unknown_user_equals_a_user_without_an_id(user_tower):
    taste = history(4)
    assert torch.equal(user_tower(*taste, torch.tensor([-1])), user_tower(*taste))


def test_a_user_who_liked_nothing_is_all_zeros(user_tower):
    items, kinds, ages, mask = history(3)
    assert torch.equal(user_tower(items, kinds, ages, torch.zeros_like(mask)), torch.zeros(1, DIM))
    assert torch.equal(user_tower(items, torch.full_like(kinds, DISMISS), ages, mask), torch.zeros(1, DIM))


def test_every_weight_gets_a_gradient(item_tower, user_tower):
    """A weight without a gradient would keep its initial value unnoticed."""
    text, image, _ = content(4, [1, 1])
    mask = torch.tensor([[1.0, 1], [1, 0], [0, 1], [1, 1]])
    known = torch.tensor([[1.0] * NUMBERS] * 2 + [[0.0] * NUMBERS] * 2)
    items = item_tower(text, image, mask, torch.randn(4, NUMBERS), known, torch.tensor([0, -1, 2, 3]))
    users = user_tower(items[None], torch.tensor([[0, 1, 2, 5]]), torch.ones(1, 4), torch.ones(1, 4), torch.tensor([1]))
    users = users + user_tower(items[None], torch.tensor([[0, 1, 2, 3]]), torch.ones(1, 4), torch.ones(1, 4))
    (users * torch.arange(DIM)).sum().backward()
    silent = [
        name
        for tower in (item_tower, user_tower)
        for name, weight in tower.named_parameters()
        if weight.grad is None or not weight.grad.abs().sum() > 0
    ]
    assert silent == []


def test_an_impossible_number_of_heads_is_refused():
    with pytest.raises(ValueError, match="width must be a multiple of num_heads, got 10 and 4"):
        FusionItem(TEXT, IMAGE, attention={"width": 10})

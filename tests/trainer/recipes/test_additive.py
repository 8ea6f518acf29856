"""Tests of the additive model: its sums, missing parts, training and exact resume."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trainer.planted import write_run
from trainer.checkpoint import load
from trainer.config.run import as_document
from trainer.evaluation.protocol import embed_items
from trainer.features.item_features import ItemFeatures
from trainer.prepare import prepare
from trainer.recipes import MODELS
from trainer.recipes.additive import IdsAndWords, target_shop
from trainer.recipes.run_file import parse_config, read_config
from trainer.runs.epochs import EpochLoop
from trainer.towers.additive import CONTENT_LENGTH, AdditiveItem


class Silent:
    """Progress without output."""

    def update(self, what: str, done: int, total: int) -> None: ...

    def say(self, line: str) -> None: ...


MODEL = {"type": "additive", "dim": 16, "num_words": 512}


def tower(**options) -> AdditiveItem:
    sizes = {"num_words": 32, "num_items": 3, "dim": 8} | options
    return AdditiveItem(6, 5, **sizes, generator=torch.Generator().manual_seed(0))


def inputs(count: int = 4):
    generator = torch.Generator().manual_seed(1)
    text, image = torch.randn(count, 6, generator=generator), torch.randn(count, 5, generator=generator)
    return text, image, torch.ones(count, 2)


def test_an_item_is_the_sum_of_its_parts_computed_one_by_one():
    item_tower = tower()
    item_tower.centre(torch.full((6,), 0.1), torch.full((5,), -0.2))
    text, image, mask = inputs(1)
    ids, weights = torch.tensor([[4, 9]]), torch.tensor([[0.6, 0.8]])
    with torch.no_grad():
        found = item_tower(text, image, mask, torch.tensor([2]), ids, weights)[0]
        total = item_tower.items.weight[2] + 0.6 * item_tower.words.weight[4] + 0.8 * item_tower.words.weight[9]
        for part, project, mean in (
            (text[0], item_tower.project_text, 0.1),
            (image[0], item_tower.project_image, -0.2),
        ):
            centred = part / part.norm() - mean
            total = total + CONTENT_LENGTH * project.weight @ (centred / centred.norm())
    torch.testing.assert_close(found, total / total.norm())


def test_what_is_missing_adds_nothing():
    item_tower = tower()
    text, image, mask = inputs()
    with torch.no_grad():
        blind = item_tower(text, image, mask * torch.tensor([1.0, 0.0]))
        torch.testing.assert_close(blind, item_tower(text, torch.zeros_like(image), mask * torch.tensor([1.0, 0.0])))
        unknown = item_tower(text, image, mask, torch.full((4,), -1))
        torch.testing.assert_close(unknown, item_tower(text, image, mask))
        nothing = item_tower(text, image, torch.zeros(4, 2))
    assert not nothing.any()


def test_before_training_texts_are_as_close_as_their_words_are():
    wide = AdditiveItem(6, 5, num_words=4096, dim=2048, generator=torch.Generator().manual_seed(0))
    text, image, mask = (part[:2] for part in inputs())
    ids = torch.tensor([[1, 2], [2, 3]])
    weights = torch.tensor([[0.6, 0.8], [0.6, 0.8]])
    with torch.no_grad():
        first, second = wide(text, image, 0 * mask, word_ids=ids, word_weights=weights)
    assert float(first @ second) == pytest.approx(0.8 * 0.6, abs=0.06)


def prepared_run(tmp_path, *, split=None, **model):
    config = read_config(write_run(tmp_path, batch_size=16, epochs=4, learning_rate=0.01))
    document = as_document(config) | {"model": {**MODEL, **model}}
    document["split"] = {**document["split"], **(split or {})}
    return prepare(parse_config(document), Silent())


def ndcg_after(prepared, epochs: int) -> tuple[float, float]:
    learner = MODELS["additive"].build(prepared)
    before = learner.validate()["ndcg@10"]
    for _ in range(epochs):
        learner.run_epoch()
    return before, learner.validate()["ndcg@10"]


def test_the_planted_tastes_are_learnt(tmp_path):
    prepared = prepared_run(tmp_path)
    assert target_shop(prepared) is not None
    before, after = ndcg_after(prepared, 4)
    assert after > 0.95
    assert after > before + 0.1


def test_a_shop_that_nobody_has_visited_is_learnt_from_words_alone(tmp_path):
    prepared = prepared_run(tmp_path, split={"train_sees": "a"}, new_shop=1.0)
    assert target_shop(prepared) is None
    before, after = ndcg_after(prepared, 8)
    assert after > 0.85 > before + 0.05


def test_ids_find_tastes_that_no_word_tells(tmp_path):
    prepared = prepared_run(tmp_path, num_words=0)
    blank = ItemFeatures(
        np.zeros_like(prepared.features.text),
        np.zeros_like(prepared.features.image),
        np.zeros_like(prepared.features.modality_mask),
    )
    prepared = type(prepared)(**{**vars(prepared), "features": blank})
    _, after = ndcg_after(prepared, 6)
    assert after > 0.9


def test_no_held_out_item_has_an_embedding_of_its_own(tmp_path):
    prepared = prepared_run(tmp_path, split={"train_sees": "a"})
    item_tower = MODELS["additive"].build(prepared).towers["item_tower"]
    rows = IdsAndWords(prepared, item_tower).item_rows.numpy()
    assert (rows[prepared.split.test.candidates] == -1).all()
    assert (rows[np.unique(prepared.split.train.item_idx)] >= 0).all()


def test_a_text_that_is_masked_takes_its_words_along(tmp_path):
    prepared = prepared_run(tmp_path)
    item_tower = MODELS["additive"].build(prepared).towers["item_tower"]
    masked = ItemFeatures(prepared.features.text, prepared.features.image, 0 * prepared.features.modality_mask)
    extra = IdsAndWords(type(prepared)(**{**vars(prepared), "features": masked}), item_tower)
    assert not extra(np.arange(5), None)["word_weights"].any()
    embeddings = embed_items(item_tower.eval(), masked, prepared.device, extra)
    alone = torch.nn.functional.normalize(item_tower.items.weight.detach(), dim=1)
    torch.testing.assert_close(embeddings[extra.item_rows >= 0], alone[extra.item_rows[extra.item_rows >= 0]])


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path):
    prepared = prepared_run(tmp_path, history_dropout=0.3, id_dropout=0.3)
    whole = EpochLoop(prepared, MODELS["additive"].build(prepared), tmp_path / "whole", Silent())
    for _ in range(4):
        whole.run_epoch()
    first = EpochLoop(prepared, MODELS["additive"].build(prepared), tmp_path / "parts", Silent())
    for _ in range(2):
        first.run_epoch()
    second = EpochLoop(prepared, MODELS["additive"].build(prepared), tmp_path / "parts", Silent())
    second.resume()
    for _ in range(2):
        second.run_epoch()
    ours, theirs = (load(tmp_path / name / "last").towers for name in ("parts", "whole"))
    for name in ours:
        for key, tensor in ours[name].state_dict().items():
            assert torch.equal(tensor, theirs[name].state_dict()[key]), (name, key)


def test_a_sample_of_a_large_shop_always_holds_the_targets(tmp_path):
    prepared = prepared_run(tmp_path, max_candidates=2)
    _, after = ndcg_after(prepared, 6)
    assert after > 0.7


def test_a_sample_represents_the_whole_shop(tmp_path):
    """exp(loss) is the softmax's sum over what was chosen, so its mean over samples is that of the whole shop."""
    losses = {}
    for most in (1000, 4):
        prepared = prepared_run(tmp_path / str(most), max_candidates=most, history_dropout=0.0, id_dropout=0.0)
        config = prepared.config
        training = replace(config.training, temperature=0.5, modality_dropout=0.0)
        prepared = replace(prepared, config=replace(config, training=training))
        learner = MODELS["additive"].build(prepared)
        with torch.no_grad():
            losses[most] = [float(learner.task.loss(np.array([3]), 1)["loss"]) for _ in range(400)]
    assert len(target_shop(prepared).nonzero()[0]) > 12
    assert np.exp(losses[4]).std() > 0.01 > np.exp(losses[1000]).std()
    assert np.exp(losses[4]).mean() == pytest.approx(np.exp(losses[1000][0]), rel=0.03)

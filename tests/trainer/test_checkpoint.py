import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from kernel.files import TEMPORARY_PREFIX
from trainer import checkpoint
from trainer.checkpoint import Checkpoint, TrainingState
from trainer.errors import CheckpointError
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser


def towers(seed: int = 3) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {
        "item_tower": TwoTowerItem(7, 5, dim=8, hidden=6, generator=generator),
        "user_tower": TwoTowerUser(8, 6, attention_dim=3, max_items=9, generator=generator),
    }


def some_checkpoint(seed: int = 3, **changed) -> Checkpoint:
    encoders = {"space": "0" * 64, "name": "tiny", "text_dim": 7, "image_dim": 5, "dim": 8}
    values = {"run": {"seed": seed}, "seed": seed, "encoders": encoders, "metrics": {"ndcg@10": 0.25}, "epoch": 2}
    return Checkpoint(**{"towers": towers(seed), **values, **changed})


def rewrite(directory: Path, change) -> None:
    path = directory / "checkpoint.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def rewrite_weights(directory: Path, change) -> None:
    tensors = load_file(directory / "weights.safetensors")
    change(tensors)
    save_file(tensors, directory / "weights.safetensors")
    digest = checkpoint._sha256(directory / "weights.safetensors")
    rewrite(directory, lambda document: document.update(weights_sha256=digest))


def test_loaded_towers_give_exactly_the_saved_towers_outputs(tmp_path):
    saved = some_checkpoint()
    checkpoint.save(saved, tmp_path / "best")
    loaded = checkpoint.load(tmp_path / "best")
    text, image, mask = torch.randn(4, 7), torch.randn(4, 5), torch.tensor([[1.0, 1], [1, 0], [0, 1], [0, 0]])
    items = saved.item_tower(text, image, mask)
    assert torch.equal(items, loaded.item_tower(text, image, mask))
    user = (items.unsqueeze(0), torch.tensor([[0, 2, 5, 3]]), torch.tensor([[1.0, 2, 3, 4]]), torch.ones(1, 4))
    assert torch.equal(saved.user_tower(*user), loaded.user_tower(*user))
    assert not loaded.item_tower.training
    assert loaded.metrics == {"ndcg@10": 0.25}
    assert loaded.epoch == 2
    assert loaded.user_tower.config["max_items"] == 9
    assert sorted(path.name for path in (tmp_path / "best").iterdir()) == ["checkpoint.json", "weights.safetensors"]


def test_saving_again_replaces_the_checkpoint_and_leaves_nothing_behind(tmp_path):
    checkpoint.save(some_checkpoint(3), tmp_path / "last", TrainingState({"a": torch.ones(2)}, {"epoch": 1}))
    checkpoint.save(some_checkpoint(4), tmp_path / "last")
    assert checkpoint.load(tmp_path / "last").seed == 4
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    with pytest.raises(CheckpointError, match="cannot be resumed"):
        checkpoint.load_training_state(tmp_path / "last")


def test_training_state_is_restored_bit_for_bit(tmp_path):
    state = TrainingState({"rng": torch.Generator().manual_seed(5).get_state()}, {"epoch": 3, "best": 0.1})
    checkpoint.save(some_checkpoint(), tmp_path / "last", state)
    loaded = checkpoint.load_training_state(tmp_path / "last")
    assert torch.equal(loaded.tensors["rng"], state.tensors["rng"])
    assert loaded.values == {"epoch": 3, "best": 0.1}


def test_a_failed_save_keeps_the_old_checkpoint(tmp_path):
    checkpoint.save(some_checkpoint(3), tmp_path / "best")
    with pytest.raises(ValueError, match="Out of range"):
        checkpoint.save(some_checkpoint(4, metrics={"ndcg@10": float("nan")}), tmp_path / "best")
    assert checkpoint.load(tmp_path / "best").seed == 3
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


def test_a_crash_between_the_two_renames_loses_nothing(tmp_path, monkeypatch):
    checkpoint.save(some_checkpoint(3), tmp_path / "best")
    rename = Path.rename

    def crash_on_the_second(self, target):
        if self.name.startswith(TEMPORARY_PREFIX):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", crash_on_the_second)
    monkeypatch.setattr("kernel.files._exchange", lambda one, other: False)  # as on a system without renameat2
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(some_checkpoint(4), tmp_path / "best")
    monkeypatch.undo()
    assert not (tmp_path / "best").exists()
    assert checkpoint.exists(tmp_path / "best")
    assert checkpoint.load(tmp_path / "best").seed == 3
    checkpoint.save(some_checkpoint(5), tmp_path / "best")
    assert checkpoint.load(tmp_path / "best").seed == 5
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=3), r"format 3, but this version reads formats up to 2"),
        (lambda d: d.pop("format"), r"format None"),
        (
            lambda d: d["towers"]["item_tower"].update(type="os.system"),
            r"item_tower: unknown tower type 'os.system'; known: .*TwoTower",
        ),
        (lambda d: d["towers"]["item_tower"].update(config={"width": 3}), r"TwoTowerItem does not take this config"),
        (lambda d: d["towers"]["item_tower"]["config"].update(hidden=-1), r"TwoTowerItem does not take this config"),
        (
            lambda d: d["towers"]["item_tower"]["config"].update(hidden=12),
            r"blocks.0.widen.* should be \(12.*but is \(6",
        ),
        (lambda d: d["towers"].update(user_tower="none"), r"user_tower: expected \{type, config\}, got 'none'"),
        (lambda d: d.update(towers={}), r"towers must name at least one tower"),
        (lambda d: d.pop("encoders"), r"it lacks encoders"),
    ],
)
def test_a_wrong_document_is_refused_by_name(tmp_path, change, message):
    checkpoint.save(some_checkpoint(), tmp_path / "best")
    rewrite(tmp_path / "best", change)
    with pytest.raises(CheckpointError, match=message):
        checkpoint.load(tmp_path / "best")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("item_tower.project.weight"), r"item_tower: missing tensors: project.weight"),
        (
            lambda t: t.update({"user_tower.more": torch.ones(1)}),
            r"user_tower: tensors that the tower does not have: more",
        ),
        (lambda t: t.update(stray=torch.ones(1)), r"belong to no tower: stray"),
        (
            lambda t: t.update({"user_tower.age": torch.ones(3).half()}),
            r"age should be \(3,\) torch.float32, but is .*float16",
        ),
    ],
)
def test_wrong_tensors_are_refused_by_name(tmp_path, change, message):
    checkpoint.save(some_checkpoint(), tmp_path / "best")
    rewrite_weights(tmp_path / "best", change)
    with pytest.raises(CheckpointError, match=message):
        checkpoint.load(tmp_path / "best")


def test_damaged_weights_are_refused(tmp_path):
    checkpoint.save(some_checkpoint(), tmp_path / "best")
    path = tmp_path / "best" / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="SHA-256"):
        checkpoint.load(tmp_path / "best")


def test_a_directory_without_a_checkpoint_says_what_to_give(tmp_path):
    with pytest.raises(CheckpointError, match="give a run's best/ or last/"):
        checkpoint.load(tmp_path)
    (tmp_path / "checkpoint.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        checkpoint.load(tmp_path)


def test_a_tower_that_could_not_be_loaded_again_is_not_saved(tmp_path):
    with pytest.raises(CheckpointError, match="Linear is not a Tower of trainer/towers"):
        checkpoint.save(some_checkpoint(towers={"item_tower": torch.nn.Linear(2, 3)}), tmp_path / "best")
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_the_first_format_is_still_read(tmp_path):
    saved = some_checkpoint()
    checkpoint.save(saved, tmp_path / "best")
    rewrite(tmp_path / "best", lambda d: (d.update(d.pop("towers")), d.update(format=1)))
    loaded = checkpoint.load(tmp_path / "best")
    assert torch.equal(loaded.user_tower.age, saved.user_tower.age)


def test_a_missing_tower_is_named(tmp_path):
    checkpoint.save(some_checkpoint(towers={"words": towers()["item_tower"]}), tmp_path / "best")
    loaded = checkpoint.load(tmp_path / "best")
    assert loaded.towers["words"].config["text_dim"] == 7
    with pytest.raises(CheckpointError, match="has no user_tower, only words"):
        loaded.user_tower.eval()

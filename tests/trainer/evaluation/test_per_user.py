from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from trainer.dataset.dataset import make_interactions
from trainer.errors import DataError
from trainer.evaluation.per_user import PerUser, hash_cases, read_per_user, write_per_user
from trainer.splits.cases import Cases


def some_cases():
    history = make_interactions(list("aab"), [0, 1, 2], [0] * 3, [0.0, 1, 0], [1.0] * 3)
    return Cases(np.array([0, 1]), history, np.ones(2), np.array([0, 1, 2]), np.array([3, 4]), np.array([3, 4, 5]))


DATASET = SimpleNamespace(item_keys=[f"shop/{n}" for n in range(6)])


def test_per_user_file_round_trips(tmp_path):
    generator = np.random.default_rng(0)
    values = {model: {metric: generator.random(3) for metric in ("ndcg@10", "auc")} for model in ("two_tower", "ease")}
    found = PerUser(("ü", "b", "a b"), values, "d" * 64, "c" * 64)
    write_per_user(found, tmp_path / "per_user.npz")
    again = read_per_user(tmp_path / "per_user.npz")
    assert (again.users, again.data_hash, again.cases_hash) == (found.users, found.data_hash, found.cases_hash)
    assert list(again.values) == ["two_tower", "ease"]
    np.testing.assert_array_equal(again.values["ease"]["auc"], values["ease"]["auc"])
    assert [path.name for path in tmp_path.iterdir()] == ["per_user.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip"])
def test_read_per_user_names_a_broken_file(tmp_path, content):
    (tmp_path / "per_user.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"per_user\.npz: is not a per-user file"):
        read_per_user(tmp_path / "per_user.npz")


def test_read_per_user_names_the_command_that_writes_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="evaluate CKPT --out"):
        read_per_user(tmp_path / "per_user.npz")


def test_hash_cases_changes_with_users_history_targets_and_candidates():
    cases = some_cases()
    same = hash_cases(some_cases(), DATASET)
    assert hash_cases(cases, DATASET) == same
    other_history = make_interactions(list("aab"), [0, 2, 2], [0] * 3, [0.0, 1, 0], [1.0] * 3)
    for change in (
        {"users": np.array([1, 0])},
        {"target_items": np.array([3, 5])},
        {"candidates": np.array([3, 4])},
        {"history": other_history},
        {"target_ptr": np.array([0, 2, 2])},
    ):
        assert hash_cases(replace(cases, **change), DATASET) != same, change

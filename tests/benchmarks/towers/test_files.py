"""benchmarks/towers/files.py: what it makes of two data sets, and which rows are to be measured again."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.towers import files as tower_files
from benchmarks.towers import measure as towers
from benchmarks.towers import rows as tower_rows
from tests.trainer import planted
from trainer.prepare import prepare
from trainer.recipes.run_file import read_config


@pytest.fixture
def two_departments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = {"beauty": ["both,b,1", "only beauty,b,2", "both,b,3"], "sports": ["only sports,s,4", "both,s,5"]}
    for name, lines in rows.items():
        (tmp_path / "var" / "data" / name).mkdir(parents=True)
        text = "\n".join(["user,shop,itemId", *lines]) + "\n"
        (tmp_path / "var" / "data" / name / "interactions.csv").write_text(text)


def test_two_departments_keep_the_users_of_both_with_all_interactions(two_departments):
    together = tower_files.interactions_of("beauty+sports")
    assert together.read_text().splitlines() == ["user,shop,itemId", "both,b,1", "both,b,3", "both,s,5"]


def test_one_department_is_read_as_it_is(two_departments):
    assert tower_files.interactions_of("beauty").as_posix() == "var/data/beauty/interactions.csv"


def test_a_row_counts_as_done_until_its_settings_or_the_data_change(two_departments, monkeypatch, tmp_path):
    def is_done(row="two_tower"):
        forget()
        return tower_files.is_done(where, "beauty", row, 0)

    where = tmp_path / "both"
    where.mkdir()
    products = tmp_path / "var" / "data" / "beauty" / "products.jsonl"
    products.write_text("{}\n")
    for row in ("two_tower", "fusion", "ease", "stack"):
        assert not is_done(row)
        tower_files.done_file(where, row, 0).write_text(tower_files.fingerprint("beauty", "both", row))
        assert is_done(row)
    other = {**tower_rows.ROWS, "fusion": {"model": {"type": "fusion"}, "training": {"epochs": 99}}}
    set_rows(monkeypatch, other)
    assert [is_done(row) for row in ("two_tower", "fusion", "ease", "stack")] == [True, False, True, True]
    set_rows(monkeypatch, {**other, "additive": {"model": {"type": "additive", "dim": 8}, "training": {}}})
    assert not is_done("stack")  # it sums that tower
    set_rows(monkeypatch, other)
    assert is_done("stack")
    monkeypatch.setattr(tower_rows, "STACKED", (*tower_rows.STACKED, "als"))
    assert not is_done("stack")
    assert is_done("ease")
    products.write_text('{"another": 1}\n')
    assert [is_done(row) for row in ("two_tower", "ease")] == [False, False]
    tower_files.done_file(where, "ease", 0).write_text(tower_files.fingerprint("beauty", "both", "ease"))
    images = tmp_path / "var" / "data" / "beauty" / "images"
    images.mkdir()
    (images / "0.jpg").write_bytes(b"an image")
    assert not is_done("ease")
    forget()


@pytest.fixture
def planted_data(tmp_path, monkeypatch):
    """Return a small data set under var/data, and a protocol that asks for at most ten users."""
    run, data = tmp_path / "run", tmp_path / "var" / "data" / "planted"
    run.mkdir()
    planted.write_run(run)
    (tmp_path / "var" / "bundles").mkdir(parents=True)
    shutil.copytree(run / "bundle", tmp_path / "var" / "bundles" / "lite-minilm")
    data.mkdir(parents=True)
    for name in ("products.jsonl", "interactions.csv"):
        shutil.copy(run / name, data / name)
    monkeypatch.chdir(tmp_path)
    at_most(monkeypatch, "both", 10)
    forget()
    yield data
    forget()


def test_split_is_made_again_when_its_rule_or_the_data_change(planted_data, monkeypatch):
    def num_asked():
        forget()
        towers._measure("planted", "both", 0, ["popularity"])
        where = tower_files.WORK / "planted" / "both"
        with np.load(where / "popularity-0.npz") as values:
            assert len(values["ndcg@10"]) == len(np.load(where / tower_files.NEAR_CLONES))
        return json.loads((where / "about.json").read_text())["test_users"]

    assert num_asked() == 10
    at_most(monkeypatch, "both", 5)
    assert num_asked() == 5
    interactions = planted_data / "interactions.csv"
    interactions.write_text("\n".join(interactions.read_text().splitlines()[:-1]) + "\n")
    assert num_asked() == 5


def test_a_sum_takes_no_tower_that_was_trained_with_other_settings(planted_data, monkeypatch):
    monkeypatch.setattr(tower_rows, "STACKED_UNSEEN", ("content", "additive"))
    for dim in (16, 24):
        training = {"epochs": 1, "patience": 1, "batch_size": 64}
        additive = {"model": {"type": "additive", "dim": dim, "num_words": 64}, "training": training}
        set_rows(monkeypatch, {**tower_rows.ROWS, "additive": additive})
        forget()
        towers._measure("planted", "new_shop", 0, ["additive", "stack"])
        for folder in ("runs", "hidden/runs"):
            run = tower_files.WORK / "planted" / "new_shop" / folder / "additive-0" / "best"
            assert json.loads((run / "checkpoint.json").read_text())["towers"]["item_tower"]["config"]["dim"] == dim


def test_who_has_a_near_clone_in_training_is_marked(tmp_path):
    prepared = prepare(read_config(planted.write_run(tmp_path)), Silent())
    interactions, split = prepared.dataset.interactions, prepared.split
    few = np.unique(split.train.user_idx)[:1]  # of all learned from, everybody asked has a near clone
    prepared = replace(prepared, split=replace(split, train=split.train.select(np.isin(split.train.user_idx, few))))
    items = {
        user: set(interactions.item_idx[interactions.user_idx == user].tolist())
        for user in range(len(interactions.user_ids))
    }
    learned = set(few.tolist())

    def is_near(one, other):
        shorter = min(len(items[one]), len(items[other]))
        return one != other and shorter >= 5 and len(items[one] & items[other]) >= 0.7 * shorter - 1e-9

    expected = [any(is_near(user, other) for other in learned) for user in split.test.users.tolist()]
    assert towers._have_near_clone(prepared).tolist() == expected
    assert any(expected)
    assert not all(expected)


class Silent:
    def update(self, what, done, total): ...
    def say(self, line): ...


def at_most(monkeypatch, protocol, num_users):
    changed = {**tower_rows.PROTOCOLS, protocol: {**tower_rows.PROTOCOLS[protocol], "max_test_users": num_users}}
    for module in (towers, tower_files, tower_rows):
        monkeypatch.setattr(module, "PROTOCOLS", changed)


def set_rows(monkeypatch, rows):
    for module in (towers, tower_files, tower_rows):
        monkeypatch.setattr(module, "ROWS", rows)


def forget():
    tower_files._data_digest.cache_clear()

"""benchmarks/taste/rule.py: the rule that is measured is the rule that ships."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.taste.rule import FORMER, History, Rule, penalty, taste, weights

USER = json.loads(Path("contracts/vectors/user-tower.json").read_text(encoding="utf-8"))
DISMISSAL = json.loads(Path("contracts/vectors/dismissal.json").read_text(encoding="utf-8"))
VIEW, DISMISS = 0, 5
SAYS_SOMETHING = [case for case in USER["cases"] if any(case["embedding"])]


def history_of(case):
    there = np.array(case["itemMask"]) > 0
    repeats = np.maximum(case.get("weights", case["itemMask"]), 1)
    items = np.array(case["items"], dtype=np.float32)[:, :3]  # the benchmark's items have no filler
    columns = (items, *(np.array(case[name]) for name in ("kinds", "agesDays")), repeats)
    return History(*(column[there] for column in columns))


@pytest.mark.parametrize("case", SAYS_SOMETHING, ids=lambda case: case["name"])
def test_taste_equals_the_one_computed_by_hand(case):
    np.testing.assert_allclose(taste(Rule(), history_of(case)), case["embedding"][:3], atol=USER["tolerance"])


@pytest.mark.parametrize(
    "case", [case for case in DISMISSAL["cases"] if "filler" not in case], ids=lambda case: case["name"]
)
def test_penalty_equals_the_one_computed_by_hand(case):
    rows = {name: np.array(case[name], dtype=np.float32).reshape(-1, 3) for name in ("liked", "dismissed")}
    candidate = np.array([case["candidate"]]) / np.linalg.norm(case["candidate"])
    between = (DISMISSAL["constants"]["begins"], DISMISSAL["constants"]["isWhole"])
    assert Rule().penalty == between
    got = penalty(candidate.astype(np.float32), rows["liked"], rows["dismissed"], between)
    assert got[0] == pytest.approx(case["penalty"], abs=1e-5)


def test_the_former_rule_takes_two_views_for_a_dismissal_up_to_half():
    kinds, zeros = np.array([VIEW] * 6 + [DISMISS]), np.zeros(7)
    found = weights(FORMER, History(np.eye(7, dtype=np.float32), kinds, zeros, zeros + 1))
    np.testing.assert_allclose(found, [1 / 6] * 6 + [-2 / 6])
    kinds[1:] = DISMISS
    found = weights(FORMER, History(np.eye(7, dtype=np.float32), kinds, zeros, zeros + 1))
    np.testing.assert_allclose(found, [1] + [-0.5 / 6] * 6)


def test_the_newest_interactions_are_those_of_least_age():
    ages = np.array([3.0, 1.0, 2.0])
    newest = History(np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.int64), ages, np.ones(3)).newest(2)
    assert newest.ages.tolist() == [1.0, 2.0]
    assert newest.items[0].tolist() == [0, 1, 0]
    without = replace(Rule(), half_life_days=np.inf, half_life_items=np.inf)
    np.testing.assert_allclose(weights(without, newest), [0.5, 0.5])

"""Contract tests of every baseline declared in trainer.baselines."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.planted import write_bundle
from tests.trainer.tiny import prepared_tiny
from trainer.baselines import BASELINES
from trainer.dataset.dataset import Interactions

pytestmark = pytest.mark.parametrize("name", BASELINES)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tiny")
    return prepared_tiny(write_bundle(directory / "bundle"), directory)


@pytest.fixture(scope="module")
def fitted(tiny):
    """Return a function from a name to its baseline, which fits each baseline once."""
    done = {}

    def fit(name):
        if name not in done:
            done[name] = BASELINES[name].fit(tiny)
        return done[name]

    return fit


def scores(scorer, cases, positions=None) -> np.ndarray:
    return np.asarray(scorer(cases, np.arange(len(cases)) if positions is None else positions))


def first_rows(interactions: Interactions, num_users: int | None = None) -> Interactions:
    """Return the first interaction of each of the first `num_users` users, of all users without it."""
    is_first = np.zeros(len(interactions), dtype=bool)
    starts = interactions.ptr[:-1][np.diff(interactions.ptr) > 0]
    is_first[starts[:num_users]] = True
    return interactions.select(is_first)


def test_a_declaration_is_registered_under_its_name(name):
    assert BASELINES[name].name == name


def test_same_seed_gives_the_same_result(name, tiny, fitted):
    np.random.default_rng().random(3)  # earlier draws must not matter
    again = BASELINES[name].fit(tiny)
    assert again.tuned == fitted(name).tuned
    np.testing.assert_array_equal(scores(again.scorer, tiny.split.test), scores(fitted(name).scorer, tiny.split.test))


def test_scores_have_a_row_per_case_and_a_column_per_candidate(name, tiny, fitted):
    """The data are rectangular and asymmetric, so swapped axes, or positions used as item_idx, are visible."""
    cases, scorer = tiny.split.test, fitted(name).scorer
    whole = scores(scorer, cases)
    assert whole.shape == (len(cases), len(cases.candidates))
    assert np.isfinite(whole).all()
    rows = np.arange(len(cases))[::-2].copy()
    np.testing.assert_allclose(scores(scorer, cases, rows), whole[rows], atol=1e-5)
    fewer = replace(cases, candidates=cases.candidates[1::3])
    if not hasattr(BASELINES[name], "parts"):  # a mixture standardises scores over the candidates
        np.testing.assert_allclose(scores(scorer, fewer), whole[:, 1::3], atol=1e-5)


def test_a_history_of_one_interaction_is_scored(name, tiny, fitted):
    cases = tiny.split.test
    got = scores(fitted(name).scorer, replace(cases, history=first_rows(cases.history)))
    assert got.shape == (len(cases), len(cases.candidates))
    assert np.isfinite(got).all()


def test_one_training_interaction_is_enough_to_fit(name, tiny):
    train = first_rows(tiny.split.train, 1)
    assert len(train) == 1
    prepared = replace(tiny, split=replace(tiny.split, train=train))
    got = scores(BASELINES[name].fit(prepared).scorer, tiny.split.test)
    assert np.isfinite(got).all()


@pytest.mark.parametrize("kept", [(1, 0), (0, 1), (0, 0)], ids=["text", "image", "neither"])
def test_a_missing_modality_leaves_finite_scores(name, kept, tiny):
    features = tiny.features
    mask = features.modality_mask * np.array(kept, dtype=np.float32)
    masked = replace(features, text=features.text * mask[:, :1], image=features.image * mask[:, 1:], modality_mask=mask)
    got = scores(BASELINES[name].fit(replace(tiny, features=masked)).scorer, tiny.split.test)
    assert np.isfinite(got).all()

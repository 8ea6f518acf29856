"""Reciprocal rank fusion against numbers worked out by hand."""

import numpy as np
import pytest

from server.query.fusion import Ranked, fused, shared_ranks


def test_scores_are_sums_of_reciprocal_ranks():
    rows, scores = fused([Ranked(np.array([7, 3])), Ranked(np.array([3, 9]), weight=2, constant=10)])
    by_row = {7: 1 / 61, 3: 1 / 62 + 2 / 11, 9: 2 / 12}
    assert rows.tolist() == [3, 9, 7]
    assert scores == pytest.approx([by_row[row] / (1 / 61 + 2 / 11) for row in (3, 9, 7)])


def test_what_is_first_everywhere_scores_one_and_nothing_of_nothing():
    assert fused([Ranked(np.array([4, 5])), Ranked(np.array([4]))])[1][0] == pytest.approx(1)
    assert fused([])[0].tolist() == []
    assert fused([Ranked(np.empty(0, dtype=np.int64))])[0].tolist() == []


def test_equal_scores_are_in_the_order_of_rows():
    assert fused([Ranked(np.array([9])), Ranked(np.array([2]))])[0].tolist() == [2, 9]


def test_near_scores_share_a_rank():
    assert shared_ranks(np.array([10.0, 9.95, 8.0, 8.0, 1.0]), 0.02).tolist() == [0, 0, 2, 2, 4]
    assert shared_ranks(np.empty(0), 0.02).tolist() == []

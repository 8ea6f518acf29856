"""EASE, the strongest linear model known, in closed form. Steck, "Embarrassingly shallow autoencoders", WWW 2019.

Where candidates (shop B) never occur in histories (shop A), no item can predict itself. The model is then ridge
regression from A to B: `W = (Xa' Xa + lambda I)^-1 Xa' Xb`. There `Xa' Xb` may give more weight to items liked close
together (`liked_together`), as if each choice were predicted from its neighbours in time. Otherwise the model is
Steck's, with a zero diagonal: `W = I - P / diag(P)`, `P = (X' X + lambda I)^-1`. W itself is never built: the linear
system is solved for the histories.
"""

from collections.abc import Mapping

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from trainer.baselines.baseline import Baseline
from trainer.baselines.sparse_interactions import (
    Matrix,
    history_matrix,
    liked_together,
    num_users_per_item,
    user_items,
)
from trainer.baselines.tuning import Fitted, tune
from trainer.evaluation.protocol import Scorer, seen_candidates
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

RIDGES = (30.0, 100.0, 300.0)
PROXIMITIES = (0.0, 0.5)
# The Gram matrix is dense: 16,000 items take 1 GB, and solving takes minutes. Larger catalogues keep the most liked.
MAX_ITEMS = 16_000

Scores = NDArray[np.float32]


class Ease:
    """Factory of EASE scorers on one training set; `may_repeat`: whether histories can contain candidates."""

    def __init__(
        self,
        liked: Matrix,
        candidates: NDArray[np.int64],
        *,
        may_repeat: bool,
        max_items: int = MAX_ITEMS,
        near: Mapping[float, Matrix] | None = None,
    ) -> None:
        self.num_items = liked.shape[1]
        self.may_repeat = may_repeat
        counts = num_users_per_item(liked)
        if not may_repeat:
            counts[candidates] = 0  # candidates never occur in a history
        self.inputs = np.sort(np.argsort(-counts, kind="stable")[: min(max_items, np.count_nonzero(counts))])
        of_inputs = liked[:, self.inputs]
        self.gram = (of_inputs.T @ of_inputs).toarray()
        # by proximity, each (inputs, num_items)
        self.cross = {0.0: (of_inputs.T @ liked).tocsr()}
        self.cross |= {proximity: matrix[self.inputs] for proximity, matrix in (near or {}).items()}
        self._factor: tuple[float, Scores] | None = None

    def scorer(self, ridge: float, proximity: float = 0.0) -> Scorer:
        """Return the scorer with this ridge (lambda); `proximity` must be one of `cross`."""
        factor = self._factorised(ridge)
        if self.may_repeat:
            return self._autoencoder(factor)

        def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
            solved = self._solve(factor, cases, positions)
            scores: Scores = (self.cross[proximity][:, cases.candidates].T @ solved).T
            return scores

        return score

    def _factorised(self, ridge: float) -> Scores:
        if self._factor is None or self._factor[0] != ridge:  # keeps only the last: each takes half a gigabyte
            gram = self.gram + ridge * np.eye(len(self.gram), dtype=np.float32)
            self._factor = (ridge, scipy.linalg.cholesky(gram, lower=True, overwrite_a=True, check_finite=False))
        return self._factor[1]

    def _autoencoder(self, factor: Scores) -> Scorer:
        inverse_factor = scipy.linalg.solve_triangular(
            factor, np.eye(len(factor), dtype=np.float32), lower=True, check_finite=False
        )
        diagonal = np.square(inverse_factor).sum(axis=0)  # of P, since P = L^-T L^-1
        place = np.full(self.num_items, -1)
        place[self.inputs] = np.arange(len(self.inputs))

        def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
            solved = self._solve(factor, cases, positions)
            mine = place[cases.candidates]
            scores = np.where(mine[:, None] >= 0, -solved[mine] / diagonal[mine][:, None], 0.0).T
            return np.asarray(scores, dtype=np.float32)

        return score

    def _solve(self, factor: Scores, cases: Cases, positions: NDArray[np.int64]) -> Scores:
        history = history_matrix(cases, positions, self.num_items)[:, self.inputs].toarray()
        solved: Scores = scipy.linalg.cho_solve((factor, True), history.T, overwrite_b=True, check_finite=False)
        return solved  # (inputs, positions)


def fit_ease(prepared: Prepared) -> Fitted:
    """Return EASE with the ridge and, between shops, the proximity chosen on "valid"."""
    split = prepared.split
    liked = user_items(split.train, len(prepared.dataset.products))
    may_repeat = any(len(seen_candidates(cases, np.arange(len(cases)))[0]) for cases in (split.valid, split.test))
    num_items = len(prepared.dataset.products)
    near = {} if may_repeat else {p: liked_together(split.train, num_items, p) for p in PROXIMITIES if p}
    model = Ease(liked, split.test.candidates, may_repeat=may_repeat, near=near)
    if model.cross[0.0][:, split.test.candidates].nnz == 0:  # no training user has visited the shop
        return Fitted(_zero_scores, {"chosen": {}})
    grid = [{"ridge": ridge, "proximity": proximity} for ridge in RIDGES for proximity in sorted(model.cross)]
    return tune(model.scorer, grid, split.valid, prepared.config.seed)


def _zero_scores(cases: Cases, positions: NDArray[np.int64]) -> Scores:
    return np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)


EASE = Baseline("ease", fit_ease)

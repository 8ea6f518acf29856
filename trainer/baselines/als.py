"""Matrix factorisation by alternating least squares on implicit feedback, as the library `implicit` does it.

Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008. A history of somebody never
seen is folded in: the user vector that one more step of least squares would give it, `(Y' C Y + lambda I)^-1 Y' C p`,
where a liked item has the confidence alpha and every other one 1. Well tuned it is hard to beat ("Revisiting the
performance of iALS on item recommendation benchmarks", Rendle et al., RecSys 2022).
"""

from itertools import product

import numpy as np
import torch
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trainer.baselines.sparse_interactions import Matrix, history_matrix
from trainer.evaluation.protocol import Scorer
from trainer.splits.cases import Cases

MAX_FACTORS = 256
ITERATIONS = 15
# On review data alpha 300 and lambdas above 3 alpha did worse than these.
ALPHAS = (10.0, 30.0, 100.0)
REGULARISATIONS = (1.0, 3.0)  # lambda, in alphas: what more confidence weighs, more must hold
GRID = [{"alpha": alpha, "regularisation": share} for alpha, share in product(ALPHAS, REGULARISATIONS)]

Scores = NDArray[np.float32]


class AlsFactors:
    """Makes scorers of one training set; every setting is a training of its own.

    Args:
        liked: (num_users, num_items) float32 of :func:`trainer.baselines.sparse_interactions.user_items`.
        seed: of the factors that training starts from.
    """

    def __init__(self, liked: Matrix, seed: int) -> None:
        self.liked, self.seed = liked, seed
        # More factors than half of the items would only learn the training matrix by heart.
        self.factors = max(1, min(MAX_FACTORS, liked.shape[1] // 2))

    def scorer(self, alpha: float, regularisation: float) -> Scorer:
        """Return the inner products of folded-in histories and items; `regularisation` is lambda / alpha."""
        with threadpool_limits(1, "blas"):  # each of the library's threads would start as many of its own
            model = AlternatingLeastSquares(
                factors=self.factors,
                alpha=alpha,
                regularization=alpha * regularisation,
                iterations=ITERATIONS,
                random_state=self.seed,
                num_threads=torch.get_num_threads(),
            )
            model.fit(self.liked, show_progress=False)

        def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
            history = history_matrix(cases, positions, self.liked.shape[1])
            with threadpool_limits(1, "blas"):
                users = model.recalculate_user(np.arange(len(positions)), history)
            scores: Scores = users @ model.item_factors[cases.candidates].T
            return scores

        return score

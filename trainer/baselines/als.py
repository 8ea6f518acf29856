"""Matrix factorisation by alternating least squares on implicit feedback, with the library `implicit`.

Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008. The history of an unknown
user is folded in: its user vector is one more step of least squares, `(Y' C Y + lambda I)^-1 Y' C p`. There a liked
item has the confidence alpha and every other item 1. Well tuned it is hard to beat ("Revisiting the performance of
iALS on item recommendation benchmarks", Rendle et al., RecSys 2022).
"""

from itertools import product

import numpy as np
import torch
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trainer.baselines.baseline import Baseline, num_items, tune_on_valid
from trainer.baselines.sparse_interactions import Matrix, history_matrix, user_items
from trainer.baselines.tuning import Fitted
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

MAX_FACTORS = 256
ITERATIONS = 15
# On review data, alpha 300 and lambdas above 3 alpha scored lower than these.
ALPHAS = (10.0, 30.0, 100.0)
REGULARISATIONS = (1.0, 3.0)  # lambda / alpha: a loss with more confidence needs more regularisation
GRID = [{"alpha": alpha, "regularisation": share} for alpha, share in product(ALPHAS, REGULARISATIONS)]

Scores = NDArray[np.float32]


class AlsFactors:
    """Factory of ALS scorers on one training set. Each setting trains its own factors.

    Args:
        liked: (num_users, num_items) float32 of :func:`trainer.baselines.sparse_interactions.user_items`.
        seed: Seed of the initial factors.
    """

    def __init__(self, liked: Matrix, seed: int) -> None:
        self.liked, self.seed = liked, seed
        # With more factors than half of the items, the model would memorise the training matrix.
        self.factors = max(1, min(MAX_FACTORS, liked.shape[1] // 2))

    def scorer(self, alpha: float, regularisation: float) -> Scorer:
        """Return a scorer by inner product of folded-in histories and items; `regularisation` is lambda / alpha."""
        with threadpool_limits(1, "blas"):  # otherwise each of the library's threads starts as many BLAS threads
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


def fit_als(prepared: Prepared) -> Fitted:
    """Return matrix factorisation with alpha and regularisation chosen on "valid"."""
    model = AlsFactors(user_items(prepared.split.train, num_items(prepared)), prepared.config.seed)
    return tune_on_valid(model.scorer, GRID, prepared)


ALS = Baseline("als", fit_als)

"""Assignment of users to train, valid and test, and of items to shops: pure functions of names and seed.

A hash of the name decides, not the position. So a user keeps their part when data is added, and two people with the
same files and seed get the same split.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.config.run import SplitConfig
from trainer.dataset.dataset import Interactions, Product

# Boundaries between the strata of `assignment = "stratified"`, in liked rows: 0 and 1, 2, 3 and 4, 5 to 9, and so on.
LENGTHS = (2, 3, 5, 10, 20)


def assign_users(interactions: Interactions, config: SplitConfig, seed: int) -> NDArray[np.str_]:
    """Return "train", "valid" or "test" for each user, (num_users,), by `config.assignment`."""
    users = interactions.user_ids
    if config.assignment == "stratified":
        return _stratified(interactions, seed=seed, valid=config.valid, test=config.test)
    if config.assignment == "k_fold":
        fold = np.floor(fractions(users, seed, "fold") * config.folds).astype(np.int64)
        # Validation users are a share of all, taken from those outside of the fold.
        is_valid = fractions(users, seed, f"valid of fold {config.fold}") < config.valid / (1 - 1 / config.folds)
        return np.select([fold == config.fold, is_valid], ["test", "valid"], "train")
    return hold_out_users(users, seed=seed, valid=config.valid, test=config.test)


def hold_out_users(user_ids: Sequence[str], *, seed: int, valid: float, test: float) -> NDArray[np.str_]:
    """Return "train", "valid" or "test" for each user, (num_users,), by a hash of the name."""
    return cut(fractions(user_ids, seed, "user"), valid=valid, test=test)


def cut(drawn: NDArray[np.float64], *, valid: float, test: float) -> NDArray[np.str_]:
    """Return "test" for fractions below `test`, "valid" below `test + valid`, "train" for the rest."""
    return np.select([drawn < test, drawn < test + valid], ["test", "valid"], "train")


def item_fractions(products: Sequence[Product], by: str, seed: int, salt: str = "item") -> NDArray[np.float64]:
    """Return a number in [0, 1) for each item; by "brand" it is the same for all items of one brand.

    Brands are compared without case and extra white space. An item without a brand gets a number of its own.
    """
    names = [f"{product['shop']}/{product['itemId']}" for product in products]
    if by == "hash":
        return fractions(names, seed, salt)
    brands = [" ".join(product.get("brand", "").casefold().split()) for product in products]
    alone, together = fractions(names, seed, salt), fractions(brands, seed, f"{salt}/brand")
    return np.where([bool(brand) for brand in brands], together, alone)


def fractions(names: Sequence[str], seed: int, salt: str) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each name: the same for the same name, seed and salt, on every machine."""
    key = hashlib.sha256(f"{seed}/{salt}".encode()).digest()
    digests = (hashlib.blake2b(name.encode(), digest_size=8, key=key).digest() for name in names)
    return np.array([int.from_bytes(digest[:6], "big") / 2**48 for digest in digests], dtype=np.float64)


def _stratified(interactions: Interactions, *, seed: int, valid: float, test: float) -> NDArray[np.str_]:
    """Return the part of each user; every stratum of history lengths gets its shares to within one user."""
    liked = np.bincount(interactions.user_idx[interactions.is_liked], minlength=len(interactions.user_ids))
    drawn = fractions(interactions.user_ids, seed, "user")
    part = np.full(len(drawn), "train")
    for length in np.unique(np.digitize(liked, LENGTHS)):
        members = np.flatnonzero(np.digitize(liked, LENGTHS) == length)
        rank = np.argsort(np.argsort(drawn[members], kind="stable"))
        part[members] = cut((rank + 0.5) / len(members), valid=valid, test=test)
    return part

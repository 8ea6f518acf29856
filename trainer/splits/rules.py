"""Split rules: which rows training sees and which are targets. Each is a pure function of data, settings and seed.

| rule         | users of valid and test | targets                                            | candidates          |
|--------------|-------------------------|----------------------------------------------------|---------------------|
| `catalogue`  | held out                | what they liked in shop B; the history is shop A   | shop B              |
| `cold_shop`  | held out                | the same; B is a real shop, unseen in training     | that shop           |
| `cold_items` | held out                | liked items that training has never seen           | all, or cold only   |
| `items`      | also in training        | liked items that training has never seen           | the part's items    |
| `users`      | held out                | the last new liked item (leave-one-out)            | all                 |
| `temporal`   | also in training        | what was liked after a moment                      | all                 |
"""

from dataclasses import replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from trainer.config.run import SplitConfig
from trainer.dataset.dataset import Dataset, Interactions
from trainer.dataset.near_clones import near_clone_pairs, redundant_users
from trainer.errors import DataError
from trainer.splits.assignment import assign_users, cut, fractions, item_fractions
from trainer.splits.cases import CasePlan, Mask, Split, SplitPlan, build_split, make_cases


def make_split(dataset: Dataset, config: SplitConfig, seed: int) -> Split:
    """Return the split for these settings; raise DataError where a part would be empty."""
    return build_split(dataset.interactions, plan_split(dataset, config, seed))


def plan_split(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Return the rule's plan after treating near-clone accounts and sampling users."""
    interactions = dataset.interactions
    stays, info = _without_near_clones(interactions, config.near_clones)
    plan = _RULES[config.rule](dataset, config, seed)
    plan = replace(
        plan,
        train=plan.train & stays,
        valid=replace(plan.valid, may_see=plan.valid.may_see & stays, is_target=plan.valid.is_target & stays),
        test=replace(plan.test, may_see=plan.test.may_see & stays, is_target=plan.test.is_target & stays),
        info={**plan.info, **info},
    )
    return replace(
        plan,
        valid=_sampled(interactions, plan.valid, config.max_valid_users, seed),
        test=_sampled(interactions, plan.test, config.max_test_users, seed),
    )


def _catalogue(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Plan two shops: held-out users' histories in shop A predict what they like in shop B.

    The users of "valid" and "test" are absent from training, as a shopper with the extension is absent from an
    operator's data. Training sees the other users in both shops. Where `train_sees` is "a", it sees them in A alone, so
    B is a shop that opens tomorrow. By "shop", B is one real shop, and training sees its interactions too.
    """
    if config.by == "shop":
        shop, in_b = _real_shop(dataset, config, seed)
        return replace(_two_shops(dataset, config, seed, in_b, is_new=False), info={"shop_b": shop})
    in_b = item_fractions(dataset.products, config.by, seed) < config.shop_b
    return _two_shops(dataset, config, seed, in_b, is_new=config.train_sees == "a")


def _cold_shop(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Plan a real shop that training and validation never see; its items are the targets and the candidates."""
    shop, in_b = _real_shop(dataset, config, seed)
    return replace(_two_shops(dataset, config, seed, in_b, is_new=True), info={"cold_shop": shop})


def _real_shop(dataset: Dataset, config: SplitConfig, seed: int) -> tuple[str, Mask]:
    """Return `config.shop`, or a drawn shop without it, and the mask (num_items,) of its items."""
    shops = np.array([product["shop"] for product in dataset.products])
    visited = np.unique(shops[dataset.interactions.item_idx])
    if len(visited) < 2:
        raise DataError(f"a split by shop needs interactions in two shops or more, found {len(visited)}")
    shop = config.shop or str(visited[np.argmin(fractions(visited.tolist(), seed, "shop"))])
    if shop not in visited:
        raise DataError(f"split.shop: no interaction is with an item of {shop}; shops: {', '.join(visited[:10])}")
    return shop, shops == shop


def _two_shops(dataset: Dataset, config: SplitConfig, seed: int, in_b: Mask, *, is_new: bool) -> SplitPlan:
    """Plan histories in shop A against targets in shop B; where B is new, validation divides A into two shops."""
    interactions = dataset.interactions
    part = assign_users(interactions, config, seed)[interactions.user_idx]
    in_valid_b = in_b
    if is_new:  # validation chooses hyperparameters, so it must not see B
        in_valid_b = ~in_b & (item_fractions(dataset.products, config.by, seed, "valid item") < config.shop_b)
    unseen = (in_b | in_valid_b if config.hide_valid_shop else in_b) if is_new else np.zeros_like(in_b)
    in_a = ~in_b[interactions.item_idx]
    return SplitPlan(
        rule=config.rule,
        train=(part == "train") & ~unseen[interactions.item_idx],
        valid=_shop_plan(interactions, (part == "valid") & (in_a | (not is_new)), in_valid_b),
        test=_shop_plan(interactions, part == "test", in_b),
        hidden_items=np.flatnonzero(in_b & is_new),
    )


def _shop_plan(interactions: Interactions, of_users: Mask, in_shop: Mask) -> CasePlan:
    is_target = in_shop[interactions.item_idx]
    return CasePlan(of_users & ~is_target, of_users & is_target, np.flatnonzero(in_shop))


def _cold_items(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Plan cold items as the targets of held-out users; validation and test have different cold items."""
    interactions = dataset.interactions
    part = assign_users(interactions, config, seed)[interactions.user_idx]
    valid = config.cold * config.valid / max(config.valid + config.test, 1e-12)
    item_part = cut(
        item_fractions(dataset.products, config.by, seed, "cold item"), valid=valid, test=config.cold - valid
    )
    of_row = item_part[interactions.item_idx]
    ranked = {name: item_part == name for name in ("valid", "test")}
    if config.rank == "all":
        ranked = {"valid": item_part != "test", "test": np.ones(len(item_part), dtype=bool)}
    valid_plan, test_plan = (
        CasePlan((part == name) & (of_row == "train"), (part == name) & (of_row == name), np.flatnonzero(ranked[name]))
        for name in ("valid", "test")
    )
    is_train = (part == "train") & (of_row == "train")
    return SplitPlan("cold_items", is_train, valid_plan, test_plan, hidden_items=np.flatnonzero(item_part == "test"))


def _items(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Plan a division of the items into train, valid and test: training users' targets are items new to training."""
    interactions = dataset.interactions
    item_part = cut(item_fractions(dataset.products, config.by, seed), valid=config.valid, test=config.test)
    of_row = item_part[interactions.item_idx]
    valid_plan, test_plan = (
        CasePlan(of_row == "train", of_row == name, np.flatnonzero(item_part == name)) for name in ("valid", "test")
    )
    return SplitPlan(
        "items", of_row == "train", valid_plan, test_plan, hidden_items=np.flatnonzero(item_part == "test")
    )


def _users(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Plan held-out users whose last new liked item is the target among the whole catalogue (leave-one-out)."""
    interactions = dataset.interactions
    part = assign_users(interactions, config, seed)[interactions.user_idx]
    is_target = _last_new_liked(interactions)
    # Rows after the target are neither targets nor history.
    target_row = np.full(len(interactions.user_ids), -1)
    target_row[interactions.user_idx[is_target]] = np.flatnonzero(is_target)
    is_before = np.arange(len(interactions)) < target_row[interactions.user_idx]
    everything = np.arange(len(dataset.products))
    valid_plan, test_plan = (
        CasePlan((part == name) & is_before, (part == name) & is_target, everything) for name in ("valid", "test")
    )
    return SplitPlan("users", part == "train", valid_plan, test_plan, hidden_items=np.empty(0, dtype=np.int64))


def _temporal(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Plan training before one moment, validation until a second and the test after it.

    Nothing is predicted from its future. The moments are quantiles of the interactions' times; an interaction at
    exactly a moment counts as after it. This rule draws nothing, so the seed has no effect.
    """
    times = dataset.interactions.time_days
    cuts = [1 - config.valid - config.test, 1 - config.test]
    valid_from, test_from = np.quantile(times, cuts, method="higher")
    before, between, after = times < valid_from, (times >= valid_from) & (times < test_from), times >= test_from
    everything = np.arange(len(dataset.products))
    return SplitPlan(
        "temporal",
        before,
        CasePlan(before, between, everything, now_days=float(valid_from)),
        CasePlan(before | between, after, everything, now_days=float(test_from)),
        hidden_items=np.empty(0, dtype=np.int64),
    )


_RULES = {
    "catalogue": _catalogue,
    "cold_shop": _cold_shop,
    "cold_items": _cold_items,
    "items": _items,
    "users": _users,
    "temporal": _temporal,
}


class CloneCounts(TypedDict):
    """Counts of pairs of users with nearly equal histories, and of the users that repeat another."""

    pairs: int
    redundant_users: int
    are_dropped: bool


class CloneInfo(TypedDict, total=False):
    """The part of `SplitPlan.info` on near clones; empty under the policy "keep", which counts none."""

    near_clones: CloneCounts


def _without_near_clones(interactions: Interactions, policy: str) -> tuple[Mask, CloneInfo]:
    """Return the mask (num_rows,) of the rows that stay, and the counts for `SplitPlan.info`."""
    stays = np.ones(len(interactions), dtype=bool)
    if policy == "keep":
        return stays, {}
    pairs = near_clone_pairs(interactions)
    redundant = redundant_users(interactions, pairs)
    if policy == "drop":
        stays = ~np.isin(interactions.user_idx, redundant)
    return stays, {
        "near_clones": {"pairs": len(pairs), "redundant_users": len(redundant), "are_dropped": policy == "drop"}
    }


def _sampled(interactions: Interactions, plan: CasePlan, max_users: int | None, seed: int) -> CasePlan:
    """Return the plan with at most `max_users` cases, chosen by a hash of the user's name."""
    users = make_cases(interactions, plan).users
    if max_users is None or len(users) <= max_users:
        return plan
    drawn = fractions([interactions.user_ids[user] for user in users], seed, "sample of cases")
    sampled_users = np.zeros(len(interactions.user_ids), dtype=bool)
    sampled_users[users[np.argsort(drawn, kind="stable")[:max_users]]] = True
    return replace(plan, sampled_users=sampled_users)


def _last_new_liked(interactions: Interactions) -> Mask:
    """Return a mask (n,) of each user's last liked row of a new item, unless it is the user's first row."""
    num_items = int(interactions.item_idx.max()) + 1
    _, first_rows = np.unique(interactions.user_idx * num_items + interactions.item_idx, return_index=True)
    is_new = np.zeros(len(interactions), dtype=bool)
    is_new[first_rows] = True
    rows = np.flatnonzero(is_new & interactions.is_liked & (np.arange(len(interactions)) > _first_row(interactions)))
    last = np.full(len(interactions.user_ids), -1)
    np.maximum.at(last, interactions.user_idx[rows], rows)
    marked = np.zeros(len(interactions), dtype=bool)
    marked[last[last >= 0]] = True
    return marked


def _first_row(interactions: Interactions) -> NDArray[np.int64]:
    return interactions.ptr[interactions.user_idx]

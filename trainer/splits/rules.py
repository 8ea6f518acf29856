"""What is hidden from training and asked for afterwards. Every rule is a pure function of data, settings and seed.

| rule         | users of valid and test | what is asked for                                  | from among          |
|--------------|-------------------------|----------------------------------------------------|---------------------|
| `catalogue`  | held out                | what they liked in shop B, from what they did in A | shop B              |
| `cold_shop`  | held out                | the same; B is a real shop, unseen in training     | that shop           |
| `cold_items` | held out                | liked items that training has never seen           | all, or cold only   |
| `items`      | also in training        | liked items that training has never seen           | the part's items    |
| `users`      | held out                | the last new liked item (leave-one-out)            | all                 |
| `temporal`   | also in training        | what was liked after a moment                      | all                 |
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.config.run import SplitConfig
from trainer.dataset.dataset import Dataset, Interactions
from trainer.dataset.near_clones import near_clone_pairs, redundant_users
from trainer.errors import DataError
from trainer.splits.assignment import cut, deal_items, deal_users, fractions
from trainer.splits.cases import CasePlan, Mask, Split, SplitPlan, build_split, make_cases


def make_split(dataset: Dataset, config: SplitConfig, seed: int) -> Split:
    """Return the split that these settings ask for; raises DataError where a part would be empty."""
    return build_split(dataset.interactions, plan_split(dataset, config, seed))


def plan_split(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Return what the rule decides, near-clone accounts and samples of users included."""
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
    """Deal the catalogue to shop A and shop B: what held-out users did in A predicts what they choose in B.

    The users of "valid" and "test" are absent from training, as a shopper with the extension is absent from any
    operator's data. Training sees the other users in both shops, or in A alone where `train_sees` is "a": then B is the
    shop that opens tomorrow. By "shop", B is one real shop, and training knows it through those who went there, too.
    """
    if config.by == "shop":
        shop, in_b = _real_shop(dataset, config, seed)
        return replace(_two_shops(dataset, config, seed, in_b, is_new=False), info={"shop_b": shop})
    in_b = deal_items(dataset.products, config.by, seed) < config.shop_b
    return _two_shops(dataset, config, seed, in_b, is_new=config.train_sees == "a")


def _cold_shop(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Hide a whole real shop from training and validation; its items are what is asked for and from among what."""
    shop, in_b = _real_shop(dataset, config, seed)
    return replace(_two_shops(dataset, config, seed, in_b, is_new=True), info={"cold_shop": shop})


def _real_shop(dataset: Dataset, config: SplitConfig, seed: int) -> tuple[str, Mask]:
    """Return the shop that `config.shop` names, or one that is drawn, and which items are its own."""
    shops = np.array([product["shop"] for product in dataset.products])
    visited = np.unique(shops[dataset.interactions.item_idx])
    if len(visited) < 2:
        raise DataError(f"a split by shop needs interactions in two shops or more, found {len(visited)}")
    shop = config.shop or str(visited[np.argmin(fractions(visited.tolist(), seed, "shop"))])
    if shop not in visited:
        raise DataError(f"split.shop: no interaction is with an item of {shop}; shops: {', '.join(visited[:10])}")
    return shop, shops == shop


def _two_shops(dataset: Dataset, config: SplitConfig, seed: int, in_b: Mask, *, is_new: bool) -> SplitPlan:
    """Plan A's history against B's items; where B is new, validation deals A to two shops of its own."""
    interactions = dataset.interactions
    part = deal_users(interactions, config, seed)[interactions.user_idx]
    in_valid_b = in_b
    if is_new:  # nothing of B may decide a hyperparameter
        in_valid_b = ~in_b & (deal_items(dataset.products, config.by, seed, "valid item") < config.shop_b)
    unseen = (in_b | in_valid_b if config.hide_valid_shop else in_b) if is_new else np.zeros_like(in_b)
    in_a = ~in_b[interactions.item_idx]
    return SplitPlan(
        rule=config.rule,
        train=(part == "train") & ~unseen[interactions.item_idx],
        valid=_shop_plan(interactions, (part == "valid") & (in_a | (not is_new)), in_valid_b),
        test=_shop_plan(interactions, part == "test", in_b),
        hidden_items=np.flatnonzero(in_b & is_new),
    )


def _shop_plan(interactions: Interactions, mine: Mask, in_shop: Mask) -> CasePlan:
    is_target = in_shop[interactions.item_idx]
    return CasePlan(mine & ~is_target, mine & is_target, np.flatnonzero(in_shop))


def _cold_items(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Ask held-out users for cold items; those of validation are others than those of the test."""
    interactions = dataset.interactions
    part = deal_users(interactions, config, seed)[interactions.user_idx]
    valid = config.cold * config.valid / max(config.valid + config.test, 1e-12)
    item_part = cut(deal_items(dataset.products, config.by, seed, "cold item"), valid=valid, test=config.cold - valid)
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
    """Deal the items to train, valid and test; users known from training are asked for items new to it."""
    interactions = dataset.interactions
    item_part = cut(deal_items(dataset.products, config.by, seed), valid=config.valid, test=config.test)
    of_row = item_part[interactions.item_idx]
    valid_plan, test_plan = (
        CasePlan(of_row == "train", of_row == name, np.flatnonzero(item_part == name)) for name in ("valid", "test")
    )
    return SplitPlan(
        "items", of_row == "train", valid_plan, test_plan, hidden_items=np.flatnonzero(item_part == "test")
    )


def _users(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Hold out users; each one's last new liked item is the target among the whole catalogue (leave-one-out)."""
    interactions = dataset.interactions
    part = deal_users(interactions, config, seed)[interactions.user_idx]
    is_target = _last_new_liked(interactions)
    # What came after the target is neither asked for nor told.
    target_row = np.full(len(interactions.user_ids), -1)
    target_row[interactions.user_idx[is_target]] = np.flatnonzero(is_target)
    is_before = np.arange(len(interactions)) < target_row[interactions.user_idx]
    everything = np.arange(len(dataset.products))
    valid_plan, test_plan = (
        CasePlan((part == name) & is_before, (part == name) & is_target, everything) for name in ("valid", "test")
    )
    return SplitPlan("users", part == "train", valid_plan, test_plan, hidden_items=np.empty(0, dtype=np.int64))


def _temporal(dataset: Dataset, config: SplitConfig, seed: int) -> SplitPlan:
    """Train before one moment, validate until a second, test after it: nothing is predicted from its future.

    The moments are quantiles of the interactions' times; interactions at exactly a cut belong after it.
    Nothing is drawn, so the seed decides nothing here.
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


def _without_near_clones(interactions: Interactions, wish: str) -> tuple[Mask, dict[str, Any]]:
    """Return which rows stay and what was counted."""
    stays = np.ones(len(interactions), dtype=bool)
    if wish == "keep":
        return stays, {}
    pairs = near_clone_pairs(interactions)
    redundant = redundant_users(interactions, pairs)
    if wish == "drop":
        stays = ~np.isin(interactions.user_idx, redundant)
    return stays, {
        "near_clones": {"pairs": len(pairs), "redundant_users": len(redundant), "are_dropped": wish == "drop"}
    }


def _sampled(interactions: Interactions, plan: CasePlan, max_users: int | None, seed: int) -> CasePlan:
    """Return the plan with at most `max_users` of its cases, chosen by the hash of the name; the rest is not asked."""
    users = make_cases(interactions, plan).users
    if max_users is None or len(users) <= max_users:
        return plan
    drawn = fractions([interactions.user_ids[user] for user in users], seed, "sample of cases")
    asked = np.zeros(len(interactions.user_ids), dtype=bool)
    asked[users[np.argsort(drawn, kind="stable")[:max_users]]] = True
    return replace(plan, asked=asked)


def _last_new_liked(interactions: Interactions) -> Mask:
    """Mark each user's last liked row whose item they had not touched before, if anything came before it, (n,)."""
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

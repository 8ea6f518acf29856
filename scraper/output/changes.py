"""Changes between two states of a shop: new, price, availability, changed, gone, back.

Gone is the one change that costs an operator a product, so it needs evidence: the item's page is gone, or a crawl
that left nothing out did not find the item. A page that could not be fetched, that refused, or that needs scripts is
not evidence. A crawl without a single product counts as a fault of the crawl or the shop.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, cast

from kernel.contract_types import Product
from scraper.output.shop_result import ShopResult
from scraper.values.product import FIELDS, camel

KINDS = ("new", "price", "availability", "changed", "gone", "back")
PRICE_FIELDS = ("price", "regularPrice")
COMPARED = tuple(camel(name) for name in FIELDS)
SHOWN = ("title", "price", "regularPrice", "availability")
GONE_STATUSES = frozenset(("status_404", "status_410"))
# The source is no longer known, or was skipped because a feed covers the whole shop.
NOT_ASKED = (None, "feed_instead")
NO_LONGER_A_PRODUCT = frozenset(
    ("not_found", "listing", "empty", "noindex", "robots", "redirect", "redirect_elsewhere", "no_page")
)


class Change(TypedDict):
    """One line of changes.jsonl. `before` and `after` hold the fields of the product that differ, or the shown ones."""

    change: str
    shop: str
    itemId: str
    url: str
    title: str
    before: NotRequired[Mapping[str, Any]]
    after: NotRequired[Mapping[str, Any]]
    reason: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Known:
    """Last known state of an item, its source, and why it is gone, where it is."""

    product: Product
    source: str
    gone: str | None = None


def state_after(before: Mapping[str, Known], result: ShopResult) -> dict[str, Known]:
    """Return the state of each item by id after `result`; items without new evidence keep theirs."""
    state = {found.product["itemId"]: Known(found.product, found.source) for found in result.found}
    for item_id, known in before.items():
        if item_id not in state:
            state[item_id] = Known(known.product, known.source, known.gone or _why_gone(known, result))
    return state


def changes_between(before: Mapping[str, Known], after: Mapping[str, Known]) -> Iterator[Change]:
    """Yield one JSON-ready change at a time, by the item's URL; `before` and `after` hold the fields that differ."""
    for item_id, now in sorted(after.items(), key=lambda pair: (pair[1].product["url"], pair[0])):
        then = before.get(item_id)
        if then is None:
            yield _change("new", now, after=_shown(now.product))
        elif now.gone and not then.gone:
            yield {**_change("gone", now, before=_shown(then.product)), "reason": now.gone}
        elif then.gone and not now.gone:
            yield _change("back", now, before=_shown(then.product), after=_shown(now.product))
        elif not now.gone:
            yield from _differences(then, now)


def _why_gone(known: Known, result: ShopResult) -> str | None:
    fate = result.fates.get(known.source)
    if fate in GONE_STATUSES:
        return fate
    if not result.found or not result.is_finished:
        return None
    if fate in NOT_ASKED:
        return "not_found_again" if result.is_whole else None
    return fate if fate in NO_LONGER_A_PRODUCT else None


def _differences(then: Known, now: Known) -> Iterator[Change]:
    old: Mapping[str, object] = then.product
    new: Mapping[str, object] = now.product
    differing = [name for name in COMPARED if _comparable(old.get(name)) != _comparable(new.get(name))]
    groups = {
        "price": [name for name in differing if name in PRICE_FIELDS],
        "availability": [name for name in differing if name == "availability"],
        "changed": [name for name in differing if name not in (*PRICE_FIELDS, "availability")],
    }
    for kind, names in groups.items():
        if names:
            yield _change(kind, now, before=_only(then.product, names), after=_only(now.product, names))


def _change(kind: str, known: Known, **sides: Mapping[str, object]) -> Change:
    product = known.product
    change = {
        "change": kind,
        "shop": product["shop"],
        "itemId": product["itemId"],
        "url": product["url"],
        "title": product["title"],
        **sides,
    }
    return cast(Change, change)


def _shown(product: Product) -> Mapping[str, object]:
    return _only(product, SHOWN)


def _only(product: Product, names: Sequence[str]) -> Mapping[str, object]:
    fields: Mapping[str, object] = product
    return {name: fields[name] for name in names if name in fields}


def _comparable(value: Any) -> Any:
    """Return a value without a price's own spelling: `€ 5` instead of `5,00 €` is not a change."""
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _comparable(item) for name, item in value.items() if name != "amountText"}
    return kept | ({"amount": Decimal(kept["amount"])} if "amountText" in value or "amount" in value else {})

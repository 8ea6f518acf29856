"""Shared cases of feeds: contracts/vectors/feeds.json, which the extension's adapters run too."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kernel.contracts import contract
from scraper.feeds.adapter import Adapter, FeedContext, FeedTally
from scraper.feeds.shopify import Shopify
from scraper.feeds.woocommerce import WooCommerce

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "contracts" / "vectors" / "feeds.json").read_text("utf-8")
)
ADAPTERS: dict[str, Adapter] = {"shopify": Shopify(), "woocommerce": WooCommerce()}


@pytest.mark.parametrize("case", VECTORS["products"], ids=lambda case: f"{case['kind']}: {case['name']}")
def test_answer_gives_these_products(case: dict[str, Any]) -> None:
    tally = FeedTally()
    context = FeedContext(case["origin"], case["currency"], case["fetchedAt"])
    found = ADAPTERS[case["kind"]].products(json.dumps(case["body"]).encode(), context, tally)
    assert [product.to_wire() for product in found] == case["products"]
    assert tally.skipped == case["skipped"]


@pytest.mark.parametrize("case", VECTORS["next"], ids=lambda case: f"{case['kind']}: {case['name']}")
def test_answer_is_followed_by_these_addresses(case: dict[str, Any]) -> None:
    body = case.get("body")
    if "rows" in case:
        rows = [body] * case["rows"]
        body = {"products": rows} if case["kind"] == "shopify" else rows
    raw = case["text"] if "text" in case else json.dumps(body)
    found = ADAPTERS[case["kind"]].next_urls(case["url"], raw.encode(), case.get("headers", {}))
    assert (None if found is None else list(found)) == case["next"]


def test_answers_name_these_currencies() -> None:
    for case in VECTORS["currencies"]:
        assert Shopify().currency(case["text"].encode()) == case["currency"], case["text"]


def test_expected_products_fit_the_contract() -> None:
    validator = Draft202012Validator(contract("product.schema.json"))
    products = [product for case in VECTORS["products"] for product in case["products"]]
    assert len(products) > 20
    for product in products:
        validator.validate(product)

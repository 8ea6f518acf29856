"""Second implementation of contracts/privacy.json, in plain Python, over contracts/vectors/privacy.json."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, unquote_plus, urlsplit

import pytest

from tests.extension.core.sensitive_reference import sensitive_category

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
RULES = json.loads((CONTRACTS / "privacy.json").read_text())
CASES = json.loads((CONTRACTS / "vectors" / "privacy.json").read_text())["cases"]
TITLES = json.loads((CONTRACTS / "vectors" / "privacy-titles.json").read_text(encoding="utf-8"))["cases"]


def scrub_text(text: str) -> str:
    for rule in RULES["personalDataPatterns"]:
        text = re.sub(rule["pattern"], RULES["personalDataReplacement"], text)
    return text


def scrub_url(url: str) -> str:
    base, _, query = url.partition("?")
    pairs = [
        pair for pair in query.split("&") if unquote(pair.split("=")[0]).lower() not in RULES["personalUrlParameters"]
    ]
    return base + ("?" + "&".join(pairs) if any(pairs) else "")


def is_private(url: str) -> bool:
    parts = urlsplit(url)
    paths = [parts.path, parts.fragment.removeprefix("!").partition("?")[0]]
    bare = [re.sub(r"^/[a-z]{2}(?:[-_][a-z]{2})?(?=/)", "", path.lower()) for path in paths]
    return any(f"{path}/".startswith(f"{prefix}/") for path in bare for prefix in RULES["privatePathPrefixes"])


def reason_for(case: dict[str, object]) -> str | None:
    product = case["product"]
    host = str(urlsplit(product["url"]).hostname)
    if case.get("incognito"):
        return "incognito"
    if case.get("paused"):
        return "paused"
    if product["shop"] not in case["consents"] or not f".{host}".endswith(f".{product['shop']}"):
        return "no_consent"
    if is_private(product["url"]):
        return "private_path"
    url = unquote_plus(scrub_url(product["url"]))
    if scrub_text(url) != url:
        return "personal_url"
    category = sensitive_category(product, case.get("own"))
    return f"sensitive_{category}" if category else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, object]) -> None:
    product = case["product"]
    assert reason_for(case) == case.get("reason")
    if kept := case.get("kept"):
        expected = {"shop": product["shop"], "url": scrub_url(product["url"])}
        expected |= {name: scrub_text(product[name]) for name in ("title", "brand", "description") if name in product}
        for name in ("categoryPath", "price"):
            expected |= {name: product[name]} if name in product else {}
        if "attributes" in product:
            expected["attributes"] = {key: scrub_text(value) for key, value in product["attributes"].items()}
        if "images" in product:
            expected["images"] = [scrub_url(product["images"][0])]
        assert kept == expected


@pytest.mark.parametrize("case", TITLES, ids=lambda case: case["name"])
def test_sensitive_category(case: dict[str, object]) -> None:
    assert sensitive_category(case["product"], case.get("own")) == case["category"]

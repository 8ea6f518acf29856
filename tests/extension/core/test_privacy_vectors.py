"""Second implementation of contracts/privacy.json, in plain Python, over contracts/vectors/privacy.json."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, unquote_plus, urlsplit

import pytest

from scraper.values.text import scrub
from tests.extension.core.sensitive_reference import sensitive_category

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
RULES = json.loads((CONTRACTS / "privacy.json").read_text())
CASES = json.loads((CONTRACTS / "vectors" / "privacy.json").read_text())["cases"]
TITLES = json.loads((CONTRACTS / "vectors" / "privacy-titles.json").read_text(encoding="utf-8"))["cases"]


def scrub_query(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair and not is_personal(pair))


def is_personal(pair: str) -> bool:
    name, _, value = pair.partition("=")
    plain = re.sub(r"[\W_]", "", unquote(name).lower())
    token = next(rule["pattern"] for rule in RULES["personalDataPatterns"] if rule["name"] == "token")
    parts = RULES["personalUrlParameterParts"]
    is_named = plain in RULES["personalUrlParameters"] or any(part in plain for part in parts)
    return is_named or re.search(token, unquote(value)) is not None


def scrub_url(url: str) -> str:
    base, _, query = url.partition("?")
    kept = scrub_query(query)
    return base + (f"?{kept}" if kept else "")


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
    if scrub(url) != url:
        return "personal_url"
    category = sensitive_category(product, case.get("own"))
    return f"sensitive_{category}" if category else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, object]) -> None:
    product = case["product"]
    assert reason_for(case) == case.get("reason")
    if kept := case.get("kept"):
        expected = {"shop": product["shop"], "url": scrub_url(product["url"])}
        expected |= {name: scrub(product[name]) for name in ("title", "brand", "description") if name in product}
        for name in ("categoryPath", "price"):
            expected |= {name: product[name]} if name in product else {}
        if "attributes" in product:
            expected["attributes"] = {key: scrub(value) for key, value in product["attributes"].items()}
        if "images" in product:
            expected["images"] = [scrub_url(product["images"][0])]
        assert kept == expected


@pytest.mark.parametrize("case", TITLES, ids=lambda case: case["name"])
def test_sensitive_category(case: dict[str, object]) -> None:
    assert sensitive_category(case["product"], case.get("own")) == case["category"]

"""Second implementation of contracts/privacy.json, in plain Python, over contracts/vectors/privacy.json."""

import json
import re
import unicodedata
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


def private_part(part: str) -> str:
    text = unicodedata.normalize("NFD", unquote(part).lower())
    plain = "".join(c for c in text if unicodedata.category(c)[0] != "M" or c in "\u3099\u309a")
    plain = unicodedata.normalize("NFC", plain).replace("ı", "i").replace("ł", "l")
    return re.sub(r"[\W_]", "", re.sub(r"\.(?:html?|php|aspx?|jsp|do|action)$", "", plain))


def is_private_part(path: str) -> bool:
    rules = RULES["privateAddresses"]
    written = [part for part in re.split(r"[/\\]", path) if part][:6]
    while written and re.fullmatch(r"[a-z]{2}|[a-z]{2}[-_][a-z]{2,4}|intl|shop|store|www", written[0].lower()):
        written.pop(0)
    parts = [private_part(part) for part in written]
    joined = "/".join(["", *parts, ""])
    is_first = parts[:1] and parts[0] in rules["firstWords"]
    return bool(
        is_first
        or any(joined.startswith(f"{prefix}/") for prefix in rules["prefixes"])
        or any(part in rules["words"] for part in parts)
    )


def is_private(url: str) -> bool:
    rules = RULES["privateAddresses"]
    parts = urlsplit(url)
    labels = str(parts.hostname).split(".")
    route, _, query = re.sub("^!", "", parts.fragment).partition("?")
    pairs = [pair.partition("=") for pair in f"{parts.query}&{query}".split("&")]
    routes = [unquote(value) for name, _, value in pairs if name.lower() in rules["routeParameters"]]
    is_own_host = len(labels) > 2 and labels[0] in rules["hosts"]
    return is_own_host or any(is_private_part(path) for path in [parts.path, route, *routes])


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


def test_private_addresses() -> None:
    vectors = json.loads((CONTRACTS / "vectors" / "private-addresses.json").read_text(encoding="utf-8"))
    assert [url for url in vectors["privateUrls"] if not is_private(url)] == []
    assert [url for url in vectors["publicUrls"] if is_private(url)] == []


@pytest.mark.parametrize("case", TITLES, ids=lambda case: case["name"])
def test_sensitive_category(case: dict[str, object]) -> None:
    assert sensitive_category(case["product"], case.get("own")) == case["category"]

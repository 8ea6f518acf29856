"""Reader of Open Graph, product and plain `<meta>` tags."""

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup import breadcrumbs
from scraper.extraction.page import Page
from scraper.values.gtin import normalise_gtin
from scraper.values.price import Price, machine_price
from scraper.values.product import Syntax
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary
from scraper.values.words import availability_of, condition_of, fold

MAX_IMAGES = 30
MAX_TWITTER_LABELS = 4
_VOCABULARY = vocabulary("markup", "opengraph")
_META: dict[str, list[str]] = _VOCABULARY["meta"]
_ATTRIBUTES: dict[str, str] = _VOCABULARY["attributes"]
# twitter:label1 is a text for readers; these are its words for a price and for the stock, folded.
_TWITTER_LABELS = _VOCABULARY["twitterLabels"]


def extract(page: Page) -> list[Candidate]:
    """Return the Candidates of Open Graph, of plain meta tags, and of the languages."""
    price = _price(page, *_VOCABULARY["priceKinds"])
    labels = _twitter_labels(page)
    if price is None:
        price = next(
            (found for word, text in labels if word in _TWITTER_LABELS["price"] and (found := _labelled(text, page))),
            None,
        )
    og_type = (_first(page, *_META["type"]) or "").lower()
    candidate = Candidate(
        syntax="opengraph",
        is_product=og_type in _VOCABULARY["productTypes"] or price is not None,
        title=_title(page),
        description=clean(_first(page, *_META["description"]), 5000),
        brand=clean(_first(page, *_META["brand"]), 200),
        category_path=breadcrumbs.path_of_category(_first(page, *_META["category"])),
        gtin=_gtin(page),
        sku=clean(_first(page, *_META["sku"]), 100),
        mpn=clean(_first(page, *_META["mpn"]), 100),
        images=_images(page, *_META["images"]),
        price=price,
        regular_price=_regular_price(page, price),
        availability=_availability(page, labels),
        condition=condition_of(_first(page, *_META["condition"])),
        attributes=_attributes(page),
    )
    meta = Candidate(
        syntax="meta",
        description=clean(_first(page, *_META["plainDescription"]), 5000),
        images=_images(page, *_META["plainImages"]),
    )
    return [candidate, meta, *_languages(page)]


def _languages(page: Page) -> list[Candidate]:
    syntaxes: tuple[Syntax, ...] = ("dom", "opengraph", "meta")
    return [Candidate(syntax=name, language=page.languages[name]) for name in syntaxes if name in page.languages]


def _first(page: Page, *names: str) -> str | None:
    return next((page.meta[name][0] for name in names if name in page.meta), None)


def _title(page: Page) -> str | None:
    """Return `og:title` without the site's own name at its end."""
    title, site = clean(_first(page, *_META["title"]), 500), clean(_first(page, *_META["siteName"]), 200)
    if title and site:
        for separator in _VOCABULARY["siteNameSeparators"]:
            head, found, tail = title.rpartition(separator)
            if found and head.strip() and tail.strip().lower() == site.lower():
                return head.strip()
    return title


def _price(page: Page, *kinds: str) -> Price | None:
    """Return the lowest of the named prices, sale before list; amount and currency from the same pair of tags."""
    prices = []
    for kind in kinds:
        for prefix in _VOCABULARY["pricePrefixes"]:
            amount = _first(page, f"{prefix}:{kind}:amount", f"{prefix}:{kind}")
            # A price without a currency of its own takes that of the page's one currency tag.
            currency = _first(page, f"{prefix}:{kind}:currency", f"{prefix}:price:currency", f"{prefix}:currency")
            price = machine_price(amount, currency, region=page.region)
            if price and price.amount > 0:
                prices.append(price)
    first = next(iter(prices), None)
    return min(
        (price for price in prices if first and price.currency == first.currency),
        key=lambda price: price.amount,
        default=None,
    )


def _twitter_labels(page: Page) -> list[tuple[str, str]]:
    """Return (folded label, text) of the Twitter card."""
    numbers = range(1, MAX_TWITTER_LABELS + 1)
    label_name, text_name = _TWITTER_LABELS["label"], _TWITTER_LABELS["text"]
    pairs = [(_first(page, f"{label_name}{number}"), _first(page, f"{text_name}{number}")) for number in numbers]
    return [(fold(label), text) for label, text in pairs if label and text]


def _labelled(text: str, page: Page) -> Price | None:
    price = machine_price(text, region=page.region)
    return price if price and price.amount > 0 else None


def _availability(page: Page, labels: list[tuple[str, str]]) -> str | None:
    words = [_first(page, name) for name in _META["availability"]]
    words += [text for word, text in labels if word in _TWITTER_LABELS["stock"]]
    return next((found for word in words if (found := availability_of(word))), None)


def _regular_price(page: Page, price: Price | None) -> Price | None:
    if price is None:
        return None
    for kind in _VOCABULARY["regularPriceKinds"]:
        regular = _price(page, kind)
        if regular and regular.currency == price.currency and regular.amount > price.amount:
            return regular
    return None


def _gtin(page: Page) -> str | None:
    return next((gtin for name in _META["gtin"] if (gtin := normalise_gtin(_first(page, name) or ""))), None)


def _images(page: Page, *names: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        for value in page.meta.get(name, []):
            if url := page.absolute(value):
                found.setdefault(url)
        if found:
            break
    return tuple(found)[:MAX_IMAGES]


def _attributes(page: Page) -> dict[str, str]:
    pairs = ((key, clean(_first(page, f"product:{name}"), 200)) for name, key in _ATTRIBUTES.items())
    return {key: value for key, value in pairs if value}

"""Products of the mall, built from a seed: the same seed gives the same products, byte for byte."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from demo.mall.tastes import COLOURS, DEFAULT_MATERIALS, MOOD_LINES, TASTES, Taste
from demo.mall.vocabulary import (
    BRANDS,
    CATEGORIES,
    COLOUR_NAMES,
    GROUPS,
    MODEL_NAMES,
    PATTERN_NAMES,
    REVIEW_TEXTS,
    REVIEWERS,
    Category,
)

SHOPS: tuple[str, ...] = ("harbor", "linden", "meridian")
ITEMS_PER_TASTE = 46
CURRENCIES = {"harbor": "GBP", "linden": "USD", "meridian": "EUR"}
OPENING_DAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # pages need a Last-Modified that does not depend on today

# Which product borrows a trait from outside its taste: without it a single word would give the taste away.
BORROW_CYCLE = 12
BORROWED = {0: "colour", 3: "material", 6: "word", 9: "pattern"}
ALL_WORDS = tuple(sorted({word for taste in TASTES for word in taste.words}))
ALL_PATTERNS = tuple(sorted({pattern for taste in TASTES for pattern in taste.patterns}))
# What a pattern can be put on; elsewhere an article is plain.
PATTERNED_STUFF = {"woven", "knit", "textile", "ceramic", "upholstery"}
FABRIC_ONLY = {"knitted", "herringbone", "quilted", "pinstriped"}


@dataclass(frozen=True)
class Review:
    """Review as a shop prints it; `author` exists to test that extraction drops it."""

    author: str
    date: date
    rating: int
    text: str


@dataclass(frozen=True)
class DemoProduct:
    """Article of one shop. `taste` is the hidden label: Python may read it, no page shows it."""

    shop: str
    number: int
    taste: str
    category: str
    handle: str
    url_path: str
    title: str
    noun: str
    description: str
    brand: str | None
    category_path: tuple[str, ...]
    colour_keys: tuple[str, ...]
    colours: tuple[str, ...]
    pattern_key: str
    pattern: str
    material: str
    price: Decimal
    regular_price: Decimal | None
    currency: str
    availability: str
    gtin: str | None
    sku: str
    mpn: str | None
    sizes: tuple[str, ...]
    rating: Decimal | None
    rating_count: int
    reviews: tuple[Review, ...]
    has_image: bool
    updated: datetime

    @property
    def colour(self) -> str:
        """Return all colours, main one first, in the form of Google's product data specification: "navy/white/sand"."""
        return "/".join(self.colours)

    @property
    def is_sold_out(self) -> bool:
        """Return whether no variant can be bought now."""
        return self.availability == "OutOfStock"


def build(seed: int) -> list[DemoProduct]:
    """Return the products of all three shops, shop by shop; equal seeds give equal lists."""
    return list(_build(seed))


@lru_cache(maxsize=4)
def _build(seed: int) -> tuple[DemoProduct, ...]:
    products: list[DemoProduct] = []
    for shop in SHOPS:
        dice = random.Random(f"{seed}/{shop}")  # a string seed is hashed by Python itself: stable between runs
        plan = [taste for taste in TASTES for _ in range(ITEMS_PER_TASTE)]
        dice.shuffle(plan)
        brands = {taste.key: dice.sample(BRANDS[shop], 5) for taste in TASTES}
        taken: set[str] = set()
        products.extend(_article(shop, number, taste, brands, taken, dice) for number, taste in enumerate(plan, 1))
    return tuple(products)


@dataclass(frozen=True)
class _Look:
    """Appearance of an article, the source of titles, descriptions and images."""

    word: str
    pattern_key: str
    pattern: str
    material: str
    colour_keys: tuple[str, ...]
    colours: tuple[str, ...]

    @property
    def shown_pattern(self) -> str:
        """Return the pattern's word; empty for plain, which shops do not mention."""
        return "" if self.pattern_key == "plain" else self.pattern


def _article(
    shop: str, number: int, taste: Taste, brands: dict[str, list[str]], taken: set[str], dice: random.Random
) -> DemoProduct:
    category = CATEGORIES[dice.choice(taste.categories)]
    look = _look(shop, number, taste, category, dice)
    noun = category.name(shop)[0]
    brand = dice.choice(brands[taste.key]) if dice.random() > 0.04 else None
    title = _title(shop, look, noun, brand, dice)
    handle = _unused_handle(title, taken, dice)
    price, regular = _prices(shop, category, dice)
    rating, rating_count, reviews = _ratings_and_reviews(dice)
    return DemoProduct(
        shop=shop,
        number=number,
        taste=taste.key,
        category=category.key,
        handle=handle,
        url_path=_url_path(shop, number, handle),
        title=title,
        noun=noun,
        description=_description(look, category, noun, taste, dice),
        brand=brand,
        category_path=(*GROUPS[shop][category.group], category.name(shop)[1]),
        colour_keys=look.colour_keys,
        colours=look.colours,
        pattern_key=look.pattern_key,
        pattern=look.pattern,
        material=look.material,
        price=price,
        regular_price=regular,
        currency=CURRENCIES[shop],
        availability=_availability(shop, dice),
        gtin=_gtin(SHOPS.index(shop), number) if dice.random() > 0.15 else None,
        sku=f"{shop[:2].upper()}-{category.key[:3].upper()}-{number:04d}",
        mpn=f"{dice.randrange(10**6):06d}-{number % 10}" if dice.random() < 0.3 else None,
        sizes=_sizes(category.sizes, dice),
        rating=rating,
        rating_count=rating_count,
        reviews=reviews,
        has_image=dice.random() > 0.012,
        updated=OPENING_DAY + timedelta(hours=dice.randrange(24 * 120)),
    )


def _look(shop: str, number: int, taste: Taste, category: Category, dice: random.Random) -> _Look:
    """Return an article's appearance; every third article borrows one trait from another taste."""
    borrowed = BORROWED.get(number % BORROW_CYCLE, "")
    colour_keys = tuple(dice.sample(taste.colours, 3))
    if borrowed == "colour":
        # Assigned in turn, not drawn: every colour occurs outside its own tastes, with any seed.
        lent = list(COLOURS)[number // BORROW_CYCLE % len(COLOURS)]
        colour_keys = (lent, *[colour for colour in colour_keys if colour != lent][:2])
    pattern_key = dice.choice(ALL_PATTERNS if borrowed == "pattern" else taste.patterns)
    is_fabric_only = category.stuff == "ceramic" and pattern_key in FABRIC_ONLY
    is_glaze_elsewhere = category.stuff != "ceramic" and pattern_key == "speckled"
    if category.stuff not in PATTERNED_STUFF or is_fabric_only or is_glaze_elsewhere:
        pattern_key = "plain"
    material = dice.choice(_materials(taste, category, borrowed == "material"))
    word = dice.choice(ALL_WORDS if borrowed == "word" else taste.words)
    colours = tuple(COLOUR_NAMES[shop].get(colour, colour) for colour in colour_keys)
    return _Look(word, pattern_key, PATTERN_NAMES[shop].get(pattern_key, pattern_key), material, colour_keys, colours)


def _materials(taste: Taste, category: Category, is_borrowed: bool) -> tuple[str, ...]:
    if is_borrowed:
        lent = {material for other in TASTES for material in other.materials.get(category.stuff, ())}
        return tuple(sorted(lent.union(DEFAULT_MATERIALS[category.stuff])))
    return taste.materials.get(category.stuff, DEFAULT_MATERIALS[category.stuff])


def _title(shop: str, look: _Look, noun: str, brand: str | None, dice: random.Random) -> str:
    shown, material, colours = look.shown_pattern, look.material, look.colours
    if shop == "harbor":  # "Breezy Striped Linen Shirt – Navy"
        lead = look.word if dice.random() < 0.6 else ""
        return f"{_headline(lead, shown, material, noun)} – {colours[0].capitalize()}"
    if shop == "linden":  # "Juniper Row Navy Plaid Linen Button-down"
        return _headline(brand or "", colours[0], shown, material, noun)
    model = dice.choice(MODEL_NAMES)  # "Alma – linen overshirt, stripes, marine blue / white"
    tail = f", {shown}" if shown else ""
    both = f"{colours[0]} / {colours[1]}" if shown or dice.random() < 0.2 else colours[0]
    return f"{model} – {material} {noun}{tail}, {both}"


def _headline(*words: str) -> str:
    return " ".join(part[:1].upper() + part[1:] for text in words for part in text.split())


def _unused_handle(title: str, taken: set[str], dice: random.Random) -> str:
    ascii_title = title.lower().replace("é", "e").replace("&", "and")
    base = re.sub(r"[^a-z0-9]+", "-", ascii_title).strip("-")
    handle = base
    while handle in taken:
        handle = f"{base}-{dice.randrange(2, 1000)}"
    taken.add(handle)
    return handle


def _url_path(shop: str, number: int, handle: str) -> str:
    if shop == "harbor":
        return f"/products/{handle}"
    if shop == "linden":
        return f"/product/{handle}/"
    return f"/p/{40000 + number * 7}-{handle}"


def _availability(shop: str, dice: random.Random) -> str:
    """Return the shop's stock statement; a Shopify-like shop states only whether an article can be bought."""
    drawn = dice.choices(("InStock", "OutOfStock", "LimitedAvailability"), (88, 6, 6))[0]
    return "InStock" if shop == "harbor" and drawn == "LimitedAvailability" else drawn


def _prices(shop: str, category: Category, dice: random.Random) -> tuple[Decimal, Decimal | None]:
    """Return (price, regular price or None), with each shop's typical endings."""
    factor = {"harbor": 1.0, "linden": 1.2, "meridian": 1.1}[shop]
    whole = round(dice.uniform(category.price_from, category.price_to) * factor)
    ending = {"harbor": ("0.00", "0.50"), "linden": ("0.99", "0.95"), "meridian": ("0.90", "0.95")}[shop]
    regular = Decimal(whole) + Decimal(dice.choice(ending))
    if dice.random() >= 0.15:
        return regular, None
    share = Decimal(dice.choice(("0.9", "0.8", "0.75", "0.7", "0.5")))
    return (regular * share).quantize(Decimal("0.01")), regular


def _gtin(shop_index: int, number: int) -> str:
    """Return a GTIN-13 under 952, the prefix that GS1 reserves for demonstrations."""
    body = f"952{shop_index + 1:03d}{number:06d}"
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body))
    return f"{body}{-total % 10}"


def _sizes(kind: str, dice: random.Random) -> tuple[str, ...]:
    tables: dict[str, tuple[str, ...]] = {
        "": (),
        "alpha": ("XS", "S", "M", "L", "XL"),
        "waist": ("28", "30", "32", "34", "36"),
        "shoe": ("37", "38", "39", "40", "41", "42", "43"),
        "rug": ("120 × 180 cm", "160 × 230 cm", "200 × 300 cm"),
        "bed": ("Single", "Double", "King"),
    }
    sizes = tables[kind]
    start = dice.randrange(2) if len(sizes) > 3 else 0
    return sizes[start : start + 4]


def _ratings_and_reviews(dice: random.Random) -> tuple[Decimal | None, int, tuple[Review, ...]]:
    if dice.random() < 0.35:
        return None, 0, ()
    reviews = tuple(
        Review(dice.choice(REVIEWERS), date(2026, 1, 5) + timedelta(days=dice.randrange(150)), stars, text)
        for stars, text in dice.sample(REVIEW_TEXTS, dice.randrange(4))
    )
    return Decimal(dice.randrange(34, 51)) / 10, len(reviews) + dice.randrange(1, 140), reviews


_DETAILS = {
    "woven": "Cut for an easy fit, with {a} seams and natural buttons.",
    "knit": "Knitted in one piece so that nothing scratches.",
    "outer": "Lined throughout, with two deep pockets.",
    "denim": "Five pockets, copper rivets and a straight leg.",
    "shoe": "Stitched sole and a cushioned insole that can be replaced.",
    "leather": "Edges are painted by hand and the fastenings are solid.",
    "ceramic": "Fired twice; safe in the dishwasher.",
    "wood": "Comes assembled; the finish can be renewed with oil.",
    "metal": "Comes with all fixings and a spare set of screws.",
    "textile": "Hemmed on all sides and washable at thirty degrees.",
    "wicker": "Woven by hand around a firm base.",
    "wax": "Burns for about forty hours with a cotton wick.",
    "straw": "Shaped over a wooden block, with a ribbon inside.",
    "upholstery": "A hardwood frame under generous padding; the cover comes off.",
}


PAIRS = {"jeans", "trousers", "boots", "sneakers", "sandals", "gloves", "socks"}


def _description(look: _Look, category: Category, noun: str, taste: Taste, dice: random.Random) -> str:
    is_pair = category.key in PAIRS and not noun.endswith("pair")
    lead = "A pair of" if is_pair else "An" if look.word[0] in "aeiou" else "A"
    middle = " ".join(filter(None, (look.word, look.shown_pattern, look.material, noun)))
    first, second, third = look.colours
    tones = f"{first}, {second} and {third}" if look.shown_pattern else first
    detail = _DETAILS[category.stuff].format(a=dice.choice(("flat", "double", "bound")))
    return f"{lead} {middle} in {tones}. {detail} {MOOD_LINES[dice.choice(taste.lines)]}"


def palette(product: DemoProduct) -> tuple[str, ...]:
    """Return the product's colours as #rrggbb, main colour first."""
    return tuple(COLOURS[key] for key in product.colour_keys)

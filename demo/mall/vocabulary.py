# ruff: noqa: E501 - tables: one thing a line reads better than one thing over three
"""Vocabulary of the three shops: categories, brands, words. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """Category: its materials, its prices, and each shop's (singular, plural) name."""

    key: str
    group: str
    stuff: str
    sizes: str
    price_from: int
    price_to: int
    harbor: tuple[str, str]
    linden: tuple[str, str]
    meridian: tuple[str, str]

    def name(self, shop: str) -> tuple[str, str]:
        """Return the shop's (singular, plural)."""
        names: dict[str, tuple[str, str]] = {"harbor": self.harbor, "linden": self.linden, "meridian": self.meridian}
        return names[shop]


def _c(key: str, group: str, stuff: str, sizes: str, prices: tuple[int, int], *names: tuple[str, str]) -> Category:
    return Category(key, group, stuff, sizes, prices[0], prices[1], *names)


CATEGORIES: dict[str, Category] = {
    c.key: c
    for c in (
        _c("tee", "tops", "woven", "alpha", (18, 45), ("T-shirt", "T-shirts"), ("tee", "Tees"), ("jersey top", "Jersey tops")),
        _c("shirt", "tops", "woven", "alpha", (38, 95), ("shirt", "Shirts"), ("button-down", "Button-downs"), ("overshirt", "Overshirts")),
        _c("dress", "dresses", "woven", "alpha", (55, 190), ("dress", "Dresses"), ("dress", "Dresses"), ("midi dress", "Midi dresses")),
        _c("skirt", "dresses", "woven", "alpha", (38, 120), ("skirt", "Skirts"), ("skirt", "Skirts"), ("flared skirt", "Flared skirts")),
        _c("jeans", "bottoms", "denim", "waist", (60, 150), ("jeans", "Jeans"), ("jeans", "Denim"), ("five-pocket jeans", "Five-pocket jeans")),
        _c("trousers", "bottoms", "woven", "waist", (48, 140), ("trousers", "Trousers"), ("pants", "Pants"), ("trousers", "Trousers")),
        _c("sweater", "knits", "knit", "alpha", (48, 160), ("jumper", "Jumpers"), ("sweater", "Sweaters"), ("knit", "Knits")),
        _c("cardigan", "knits", "knit", "alpha", (58, 170), ("cardigan", "Cardigans"), ("cardigan", "Cardigans"), ("knit jacket", "Knit jackets")),
        _c("coat", "outer", "outer", "alpha", (120, 360), ("coat", "Coats"), ("coat", "Coats"), ("overcoat", "Overcoats")),
        _c("jacket", "outer", "outer", "alpha", (85, 320), ("jacket", "Jackets"), ("jacket", "Jackets"), ("blouson", "Blousons")),
        _c("gilet", "outer", "outer", "alpha", (65, 160), ("gilet", "Gilets"), ("vest", "Vests"), ("bodywarmer", "Bodywarmers")),
        _c("boots", "shoes", "shoe", "shoe", (95, 260), ("boots", "Boots"), ("boots", "Boots"), ("ankle boots", "Ankle boots")),
        _c("sneakers", "shoes", "shoe", "shoe", (55, 150), ("trainers", "Trainers"), ("sneakers", "Sneakers"), ("low-tops", "Low-tops")),
        _c("sandals", "shoes", "shoe", "shoe", (42, 130), ("sandals", "Sandals"), ("sandals", "Sandals"), ("open shoes", "Open shoes")),
        _c("hat", "accessories", "straw", "", (25, 75), ("hat", "Hats"), ("brim hat", "Brim hats"), ("sun hat", "Sun hats")),
        _c("beanie", "accessories", "knit", "", (18, 55), ("bobble hat", "Bobble hats"), ("beanie", "Beanies"), ("knit cap", "Knit caps")),
        _c("scarf", "accessories", "knit", "", (24, 110), ("scarf", "Scarves"), ("scarf", "Scarves"), ("shawl", "Shawls")),
        _c("gloves", "accessories", "knit", "", (22, 85), ("gloves", "Gloves"), ("gloves", "Gloves"), ("mittens", "Mittens")),
        _c("socks", "accessories", "knit", "", (8, 24), ("socks", "Socks"), ("crew socks", "Crew socks"), ("sock pair", "Sock pairs")),
        _c("belt", "accessories", "leather", "", (28, 90), ("belt", "Belts"), ("belt", "Belts"), ("waist belt", "Waist belts")),
        _c("handbag", "bags", "leather", "", (60, 280), ("handbag", "Handbags"), ("tote", "Totes"), ("shoulder bag", "Shoulder bags")),
        _c("backpack", "bags", "leather", "", (65, 210), ("rucksack", "Rucksacks"), ("backpack", "Backpacks"), ("daypack", "Daypacks")),
        _c("mug", "tableware", "ceramic", "", (9, 28), ("mug", "Mugs"), ("coffee mug", "Coffee mugs"), ("cup", "Cups")),
        _c("bowl", "tableware", "ceramic", "", (12, 48), ("bowl", "Bowls"), ("serving bowl", "Serving bowls"), ("dish", "Dishes")),
        _c("plate", "tableware", "ceramic", "", (11, 38), ("plate", "Plates"), ("dinner plate", "Dinner plates"), ("plate", "Plates")),
        _c("teapot", "tableware", "ceramic", "", (34, 85), ("teapot", "Teapots"), ("teapot", "Teapots"), ("tea jug", "Tea jugs")),
        _c("vase", "decor", "ceramic", "", (18, 95), ("vase", "Vases"), ("vase", "Vases"), ("flower vessel", "Flower vessels")),
        _c("lamp", "lighting", "metal", "", (55, 240), ("table lamp", "Table lamps"), ("desk lamp", "Desk lamps"), ("light", "Lights")),
        _c("chair", "furniture", "wood", "", (110, 380), ("chair", "Chairs"), ("dining chair", "Dining chairs"), ("seat", "Seats")),
        _c("armchair", "furniture", "upholstery", "", (320, 980), ("armchair", "Armchairs"), ("lounge chair", "Lounge chairs"), ("easy chair", "Easy chairs")),
        _c("table", "furniture", "wood", "", (180, 760), ("side table", "Side tables"), ("end table", "End tables"), ("coffee table", "Coffee tables")),
        _c("rug", "textiles", "textile", "rug", (80, 420), ("rug", "Rugs"), ("area rug", "Area rugs"), ("carpet", "Carpets")),
        _c("cushion", "textiles", "textile", "", (22, 75), ("cushion", "Cushions"), ("throw pillow", "Throw pillows"), ("cushion", "Cushions")),
        _c("throw", "textiles", "textile", "", (40, 150), ("throw", "Throws"), ("blanket", "Blankets"), ("plaid", "Plaids")),
        _c("curtain", "textiles", "textile", "", (48, 160), ("curtain", "Curtains"), ("drape", "Drapes"), ("curtain panel", "Curtain panels")),
        _c("towel", "textiles", "textile", "", (14, 52), ("towel", "Towels"), ("bath towel", "Bath towels"), ("towel", "Towels")),
        _c("bedding", "textiles", "textile", "bed", (60, 220), ("duvet cover", "Duvet covers"), ("bedding set", "Bedding sets"), ("bed linen", "Bed linen")),
        _c("clock", "decor", "metal", "", (38, 160), ("wall clock", "Wall clocks"), ("wall clock", "Wall clocks"), ("clock", "Clocks")),
        _c("mirror", "decor", "metal", "", (60, 290), ("mirror", "Mirrors"), ("wall mirror", "Wall mirrors"), ("round mirror", "Round mirrors")),
        _c("planter", "decor", "ceramic", "", (16, 85), ("plant pot", "Plant pots"), ("planter", "Planters"), ("flower pot", "Flower pots")),
        _c("candle", "decor", "wax", "", (12, 48), ("candle", "Candles"), ("jar candle", "Jar candles"), ("candle", "Candles")),
        _c("basket", "decor", "wicker", "", (22, 95), ("basket", "Baskets"), ("storage basket", "Storage baskets"), ("basket", "Baskets")),
    )
}  # fmt: skip

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "harbor": {
        "tops": ("Clothing", "Tops"), "bottoms": ("Clothing", "Bottoms"), "dresses": ("Clothing", "Dresses & Skirts"),
        "knits": ("Clothing", "Knitwear"), "outer": ("Clothing", "Coats & Jackets"), "shoes": ("Footwear",),
        "accessories": ("Accessories",), "bags": ("Accessories", "Bags"), "tableware": ("Home", "Kitchen & Table"),
        "decor": ("Home", "Decoration"), "lighting": ("Home", "Lighting"), "furniture": ("Home", "Furniture"),
        "textiles": ("Home", "Soft Furnishings"),
    },
    "linden": {
        "tops": ("Apparel",), "bottoms": ("Apparel",), "dresses": ("Apparel",), "knits": ("Apparel",),
        "outer": ("Apparel", "Outerwear"), "shoes": ("Shoes & Bags",), "accessories": ("Apparel", "Extras"),
        "bags": ("Shoes & Bags",), "tableware": ("House", "Dining"), "decor": ("House", "Accents"),
        "lighting": ("House", "Accents"), "furniture": ("House", "Furniture"), "textiles": ("House", "Bed, Bath & Floor"),
    },
    "meridian": {
        "tops": ("Wardrobe", "Upper body"), "bottoms": ("Wardrobe", "Lower body"), "dresses": ("Wardrobe", "Lower body"),
        "knits": ("Wardrobe", "Upper body"), "outer": ("Wardrobe", "Outside"), "shoes": ("Wardrobe", "On foot"),
        "accessories": ("Wardrobe", "Finishing touches"), "bags": ("Wardrobe", "Carry"), "tableware": ("Living", "At table"),
        "decor": ("Living", "Around the room"), "lighting": ("Living", "Light"), "furniture": ("Living", "Sit & place"),
        "textiles": ("Living", "Fabrics"),
    },
}  # fmt: skip

BRANDS: dict[str, tuple[str, ...]] = {
    "harbor": ("Kelp & Co", "Aldermoor", "Tarn Street", "Foxlow", "Penhallow", "Brackwater", "Osier Lane", "Marlwick",
               "Hobbin", "Quillfeather", "Saltern", "Wychford", "Dunmere", "Larkstow"),
    "linden": ("Cottonwood Supply", "Hask & Vale", "Juniper Row", "Odd Bramble", "Northfork Goods", "Millrace", "Tallow Pine",
               "Bluestem", "Cedarbrook Mfg", "Paloverde Works", "Ferrous Hill", "Little Sparrow", "Oakum", "Prairie Nine"),
    "meridian": ("Solvang Atelje", "Maison Irlande", "Nordlicht", "Casa Verano", "Ovile", "Studio Kastanje", "Brisk Haus",
                 "Atelier Prune", "Linnea Berg", "Fabrik 41", "Torvald", "Ricamo", "Hebe Lund", "Quartier Neuf"),
}  # fmt: skip

COLOUR_NAMES: dict[str, dict[str, str]] = {
    "harbor": {},
    "linden": {"grey": "gray", "light grey": "light gray", "khaki": "dark khaki", "sand": "sandy beige"},
    "meridian": {
        "navy": "marine blue",
        "sand": "beige",
        "oatmeal": "oat",
        "charcoal": "anthracite",
        "oxblood": "wine red",
    },
}

PATTERN_NAMES: dict[str, dict[str, str]] = {
    "harbor": {},
    "linden": {"checked": "plaid", "spotted": "polka dot", "colour-block": "color-block", "botanical": "leaf print"},
    "meridian": {
        "striped": "stripes",
        "spotted": "dots",
        "floral": "flower print",
        "checked": "check",
        "geometric": "graphic shapes",
    },
}

# Meridian names its articles; the names are meaningless and assigned regardless of the article.
MODEL_NAMES: tuple[str, ...] = (
    "Alma", "Bruno", "Cleo", "Dario", "Elin", "Fenna", "Gildo", "Hanne", "Ines", "Jolan", "Kaja", "Levin", "Mira",
    "Nilo", "Odile", "Pavel", "Romy", "Stig", "Tova", "Ugo", "Vera", "Wim", "Yara", "Zeno", "Arvid", "Bente", "Corin",
    "Dunja", "Edda", "Falk", "Greta", "Hugo", "Iben", "Jara", "Kolja", "Liv", "Matteo", "Nora", "Otis", "Pia",
)  # fmt: skip

REVIEWERS: tuple[str, ...] = (
    "Agnes Whitlow", "Bertram Oakes", "Celia Munro", "Dev Ranganath", "Edith Falkner", "Farid Nasser", "Greta Holm",
    "Henry Osgood", "Ilse Brandt", "Jonah Pike", "Katya Morrow", "Leopold Finch", "Maud Ellery", "Nils Ahlgren",
)  # fmt: skip

REVIEW_TEXTS: tuple[tuple[int, str], ...] = (
    (5, "Even nicer than in the picture, and it arrived quickly."), (5, "Bought a second one for my sister."),
    (4, "Good quality; a little smaller than I expected."), (4, "Lovely colour, the finish is well done."),
    (3, "Fine for the price, though the box was dented."), (5, "I have used it every day for a month."),
    (2, "Not the shade I had in mind, so I sent it back."), (4, "Well made. Delivery took a week."),
    (5, "Exactly as described."), (3, "Nice, but I would not pay the full price."),
)  # fmt: skip

# ruff: noqa: E501 - a table: one taste in a dozen lines can be compared with the next
"""Twelve tastes as data. Their keys are labels for Python only: no page, feed or image name ever carries one."""

from dataclasses import dataclass, field

# One colour table for words and images, so that what a title says is what the image shows.
COLOURS: dict[str, str] = {
    "navy": "#1f2f56", "white": "#f4f2ec", "sky blue": "#8dbbdc", "sand": "#d8c49c",
    "black": "#232325", "oxblood": "#5b1f25", "charcoal": "#44474b", "gunmetal": "#5d646b",
    "coral": "#f0735d", "sunflower yellow": "#f4bd31", "fuchsia": "#cf3d84", "mustard": "#cf982b",
    "walnut brown": "#6e4a32", "teal": "#2b7075", "burnt orange": "#c2602b", "olive": "#66693a",
    "khaki": "#9b8f67", "rust": "#a54a2a", "blush pink": "#efc3c4", "lavender": "#c0b3dd",
    "mint": "#b5dcc8", "cream": "#f2e8d2", "grey": "#9a9da0", "light grey": "#cfd1d2",
    "terracotta": "#bb6143", "clay": "#a8806a", "oatmeal": "#ddd0b9", "gold": "#c5a04b",
    "emerald": "#17614a", "burgundy": "#6c1c3a", "plum": "#593157", "indigo": "#31436f",
    "tan": "#b07c4c", "ecru": "#e6dcc4", "brick red": "#9b3c34", "red": "#d0342f",
    "cobalt blue": "#2452ba", "yellow": "#f3c81d", "forest green": "#2b5238", "sage": "#a0b194",
    "moss green": "#6c7d42", "ivory": "#f3eee0",
}  # fmt: skip


@dataclass(frozen=True)
class Taste:
    """Taste of one kind of person: colours, patterns, materials by stuff, categories, words."""

    key: str
    colours: tuple[str, ...]
    patterns: tuple[str, ...]
    categories: tuple[str, ...]
    words: tuple[str, ...]
    lines: tuple[int, ...]
    materials: dict[str, tuple[str, ...]] = field(default_factory=dict)


# Each line belongs to several tastes, so that none of them is a code word.
MOOD_LINES: tuple[str, ...] = (
    "Made for long light days and open windows.",
    "Holds its own after dark and gets better with wear.",
    "Brings colour into the room without shouting about it.",
    "Drawn with honest lines and made to be handed down.",
    "Packed for changeable weather and paths without signs.",
    "The one you reach for on a slow Sunday.",
    "Nothing added that does not need to be there.",
    "Small irregularities show that people made it.",
    "Catches the light in the evening.",
    "Tough at the seams and happy to be mended.",
    "A cheerful shape that makes people smile.",
    "Fresh as a morning walk between the hedges.",
)

DEFAULT_MATERIALS: dict[str, tuple[str, ...]] = {
    "woven": ("cotton", "viscose"), "knit": ("wool", "cotton"), "denim": ("denim",), "outer": ("wool", "cotton"),
    "shoe": ("leather", "canvas"), "leather": ("leather", "canvas"), "ceramic": ("porcelain", "stoneware"),
    "wood": ("oak", "ash"), "metal": ("steel", "brass"), "textile": ("cotton", "wool"), "wicker": ("seagrass", "willow"),
    "wax": ("soy wax", "beeswax"), "straw": ("straw", "felt"), "upholstery": ("wool", "linen"),
}  # fmt: skip

TASTES: tuple[Taste, ...] = (
    Taste(
        "seaside",
        ("navy", "white", "sky blue", "sand"),
        ("striped", "striped", "striped", "plain", "checked"),
        ("tee", "shirt", "dress", "trousers", "sweater", "sneakers", "sandals", "hat", "handbag", "mug", "bowl",
         "cushion", "towel", "rug", "throw", "lamp"),
        ("breezy", "relaxed", "crisp", "sunny", "lightweight", "clean", "fresh"),
        (0, 5, 11),
        {"woven": ("linen", "cotton"), "knit": ("cotton",), "shoe": ("canvas", "rope"), "leather": ("canvas",),
         "wood": ("whitewashed oak",), "textile": ("linen", "cotton"), "metal": ("enamelled steel",)},
    ),
    Taste(
        "nocturne",
        ("black", "oxblood", "charcoal", "gunmetal", "burgundy"),
        ("plain", "plain", "quilted"),
        ("jacket", "boots", "belt", "handbag", "gloves", "jeans", "tee", "coat", "lamp", "chair", "armchair", "clock",
         "mirror", "candle", "backpack"),
        ("sleek", "bold", "polished", "tailored", "studded", "sharp"),
        (1, 8, 6),
        {"outer": ("leather", "waxed cotton"), "shoe": ("leather", "suede"), "leather": ("leather", "suede"),
         "knit": ("leather", "wool"), "metal": ("blackened steel", "lacquered steel"), "upholstery": ("leather",),
         "wood": ("steel", "ebonised ash")},
    ),
    Taste(
        "summerbloom",
        ("coral", "sunflower yellow", "fuchsia", "white", "sky blue"),
        ("floral", "floral", "floral", "floral", "botanical", "plain"),
        ("dress", "skirt", "shirt", "sandals", "hat", "scarf", "handbag", "mug", "plate", "vase", "cushion",
         "curtain", "bedding", "towel"),
        ("sunny", "vivid", "playful", "airy", "breezy", "leafy"),
        (0, 2, 10),
        {"woven": ("viscose", "cotton voile"), "knit": ("silk", "cotton voile"), "ceramic": ("porcelain",),
         "textile": ("cotton", "cotton voile"), "leather": ("raffia", "canvas")},
    ),
    Taste(
        "midcentury",
        ("walnut brown", "mustard", "teal", "burnt orange", "gold"),
        ("geometric", "plain", "plain", "herringbone"),
        ("chair", "armchair", "table", "lamp", "clock", "rug", "cushion", "vase", "mirror", "cardigan", "sweater",
         "coat", "planter", "trousers", "mug"),
        ("timeless", "tailored", "warm", "hand-finished", "rich", "retro", "elegant"),
        (3, 2, 8),
        {"wood": ("walnut", "teak"), "metal": ("brass",), "textile": ("wool",), "upholstery": ("wool", "bouclé"),
         "outer": ("wool tweed",), "woven": ("wool", "corduroy")},
    ),
    Taste(
        "trailhead",
        ("olive", "khaki", "rust", "charcoal"),
        ("plain", "plain", "quilted", "colour-block"),
        ("jacket", "gilet", "trousers", "boots", "backpack", "beanie", "gloves", "socks", "hat", "sneakers", "mug",
         "throw", "sweater", "chair"),
        ("rugged", "hard-wearing", "lightweight", "snug", "technical", "packable"),
        (4, 9),
        {"outer": ("fleece", "ripstop nylon", "duck canvas"), "woven": ("ripstop nylon", "stretch cotton"), "knit": ("merino", "fleece"),
         "shoe": ("suede", "ripstop nylon"), "leather": ("ripstop nylon",), "ceramic": ("enamelled steel",),
         "textile": ("fleece", "wool"), "upholstery": ("waxed cotton",), "wood": ("ash", "steel"), "straw": ("waxed cotton",)},
    ),
    Taste(
        "softpastel",
        ("blush pink", "lavender", "mint", "cream", "ecru"),
        ("knitted", "knitted", "plain", "spotted", "floral"),
        ("sweater", "cardigan", "scarf", "beanie", "socks", "gloves", "dress", "skirt", "throw", "cushion", "mug",
         "candle", "bedding", "towel"),
        ("soft", "snug", "gentle", "warm", "lavish", "cosy"),
        (5, 0),
        {"knit": ("mohair", "merino", "cashmere"), "woven": ("brushed cotton",), "textile": ("brushed cotton", "fleece"),
         "ceramic": ("porcelain",)},
    ),
    Taste(
        "minimalist",
        ("black", "white", "grey", "light grey"),
        ("plain", "plain", "plain", "pinstriped"),
        ("tee", "shirt", "trousers", "coat", "sneakers", "handbag", "backpack", "plate", "bowl", "vase", "lamp",
         "table", "chair", "clock", "bedding", "mirror"),
        ("clean", "pared-back", "sleek", "crisp", "timeless", "sharp"),
        (6, 3),
        {"woven": ("cotton", "wool"), "metal": ("brushed steel", "steel"), "ceramic": ("porcelain",),
         "wood": ("ebonised ash", "steel"), "textile": ("cotton",)},
    ),
    Taste(
        "earthkiln",
        ("terracotta", "sand", "clay", "oatmeal", "rust", "mustard", "brick red"),
        ("speckled", "plain", "speckled", "checked"),
        ("mug", "bowl", "plate", "vase", "teapot", "planter", "basket", "rug", "throw", "cushion", "table", "candle",
         "towel", "scarf", "shirt"),
        ("earthy", "rustic", "hand-finished", "pared-back", "warm", "wheel-thrown", "cosy"),
        (7, 5, 3),
        {"ceramic": ("stoneware", "earthenware"), "textile": ("jute", "washed linen"), "woven": ("washed linen", "hemp"),
         "knit": ("washed linen", "wool"), "wood": ("reclaimed oak",), "wicker": ("jute", "willow")},
    ),
    Taste(
        "glamour",
        ("gold", "emerald", "burgundy", "plum", "walnut brown"),
        ("plain", "plain", "geometric", "quilted"),
        ("dress", "skirt", "jacket", "handbag", "sandals", "belt", "cushion", "armchair", "lamp", "mirror", "candle",
         "curtain", "vase", "rug", "clock"),
        ("lavish", "rich", "elegant", "polished", "tailored", "bold"),
        (8, 1),
        {"woven": ("velvet", "satin"), "outer": ("velvet", "satin"), "textile": ("velvet",), "upholstery": ("velvet",),
         "metal": ("brass", "gilded brass"), "leather": ("satin", "leather"), "shoe": ("satin", "leather"),
         "ceramic": ("glass", "porcelain")},
    ),
    Taste(
        "denimyard",
        ("indigo", "tan", "ecru", "brick red", "navy"),
        ("plain", "checked", "plain", "checked", "striped"),
        ("jeans", "jacket", "shirt", "tee", "belt", "boots", "beanie", "backpack", "socks", "gilet", "coat", "mug",
         "throw", "basket"),
        ("rugged", "relaxed", "rustic", "hard-wearing", "broken-in", "sturdy", "technical"),
        (9, 1, 7, 4),
        {"outer": ("denim", "duck canvas"), "woven": ("chambray", "denim", "flannel"), "leather": ("leather", "duck canvas"),
         "shoe": ("leather",), "ceramic": ("enamelled steel", "stoneware"), "textile": ("flannel", "wool"),
         "wicker": ("duck canvas", "willow")},
    ),
    Taste(
        "primaryplay",
        ("red", "cobalt blue", "yellow", "white"),
        ("geometric", "colour-block", "spotted", "geometric"),
        ("tee", "sweater", "socks", "sneakers", "backpack", "scarf", "skirt", "mug", "plate", "clock", "lamp", "rug",
         "cushion", "bedding", "chair", "table"),
        ("playful", "bold", "vivid", "graphic", "cheerful"),
        (10, 2),
        {"knit": ("cotton",), "wood": ("birch plywood", "lacquered steel"), "metal": ("lacquered steel",),
         "ceramic": ("porcelain",), "leather": ("canvas",), "shoe": ("canvas",)},
    ),
    Taste(
        "greenhouse",
        ("forest green", "sage", "moss green", "ivory", "clay", "mint"),
        ("botanical", "botanical", "botanical", "plain", "speckled"),
        ("shirt", "dress", "skirt", "hat", "planter", "basket", "vase", "teapot", "curtain", "cushion", "bedding",
         "rug", "plate", "towel", "handbag"),
        ("leafy", "fresh", "airy", "gentle", "earthy", "soft"),
        (11, 7, 0),
        {"woven": ("linen", "bamboo viscose"), "textile": ("linen", "cotton voile"), "wicker": ("rattan", "seagrass"),
         "leather": ("rattan", "canvas"), "ceramic": ("earthenware", "porcelain"), "straw": ("straw",)},
    ),
)  # fmt: skip

"""The demo mall's products as a German shop would name them, written for this benchmark.

The tables translate the parts that a product is made of. Titles have a word order of their own, so that nothing is
left of the English ones but the brand.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from demo.mall.catalogue import ALL_WORDS, DemoProduct

# fmt: off
# ruff: noqa: E501 - tables: many names a line can be compared
# Singular and plural of each category.
NOUNS: dict[str, tuple[str, str]] = {
    "tee": ("T-Shirt", "T-Shirts"), "shirt": ("Hemd", "Hemden"), "dress": ("Kleid", "Kleider"), "skirt": ("Rock", "Röcke"),
    "jeans": ("Jeans", "Jeans"), "trousers": ("Hose", "Hosen"), "sweater": ("Pullover", "Pullover"),
    "cardigan": ("Strickjacke", "Strickjacken"), "coat": ("Mantel", "Mäntel"), "jacket": ("Jacke", "Jacken"),
    "gilet": ("Weste", "Westen"), "boots": ("Stiefel", "Stiefel"), "sneakers": ("Turnschuhe", "Turnschuhe"),
    "sandals": ("Sandalen", "Sandalen"), "hat": ("Hut", "Hüte"), "beanie": ("Strickmütze", "Strickmützen"),
    "scarf": ("Schal", "Schals"), "gloves": ("Handschuhe", "Handschuhe"), "socks": ("Socken", "Socken"),
    "belt": ("Gürtel", "Gürtel"), "handbag": ("Handtasche", "Handtaschen"), "backpack": ("Rucksack", "Rucksäcke"),
    "mug": ("Becher", "Becher"), "bowl": ("Schale", "Schalen"), "plate": ("Teller", "Teller"),
    "teapot": ("Teekanne", "Teekannen"), "vase": ("Vase", "Vasen"), "lamp": ("Tischlampe", "Tischlampen"),
    "chair": ("Stuhl", "Stühle"), "armchair": ("Sessel", "Sessel"), "table": ("Beistelltisch", "Beistelltische"),
    "rug": ("Teppich", "Teppiche"), "cushion": ("Kissen", "Kissen"), "throw": ("Decke", "Decken"),
    "curtain": ("Vorhang", "Vorhänge"), "towel": ("Handtuch", "Handtücher"), "bedding": ("Bettwäsche", "Bettwäsche"),
    "clock": ("Wanduhr", "Wanduhren"), "mirror": ("Spiegel", "Spiegel"), "planter": ("Blumentopf", "Blumentöpfe"),
    "candle": ("Kerze", "Kerzen"), "basket": ("Korb", "Körbe"),
}

COLOURS = {
    "navy": "Marineblau", "white": "Weiß", "sky blue": "Himmelblau", "sand": "Sandfarben", "black": "Schwarz",
    "oxblood": "Ochsenblut", "charcoal": "Anthrazit", "gunmetal": "Stahlgrau", "coral": "Koralle",
    "sunflower yellow": "Sonnengelb", "fuchsia": "Pink", "mustard": "Senfgelb", "walnut brown": "Nussbraun",
    "teal": "Petrol", "burnt orange": "Dunkelorange", "olive": "Olivgrün", "khaki": "Khaki", "rust": "Rostrot",
    "blush pink": "Zartrosa", "lavender": "Lavendel", "mint": "Mintgrün", "cream": "Cremeweiß", "grey": "Grau",
    "light grey": "Hellgrau", "terracotta": "Terrakotta", "clay": "Lehmbraun", "oatmeal": "Haferbeige", "gold": "Gold",
    "emerald": "Smaragdgrün", "burgundy": "Burgunderrot", "plum": "Pflaume", "indigo": "Indigoblau", "tan": "Hellbraun",
    "ecru": "Naturweiß", "brick red": "Ziegelrot", "red": "Rot", "cobalt blue": "Kobaltblau", "yellow": "Gelb",
    "forest green": "Waldgrün", "sage": "Salbeigrün", "moss green": "Moosgrün", "ivory": "Elfenbein",
}

PATTERNS = {
    "botanical": "mit Blättermuster", "checked": "kariert", "colour-block": "mehrfarbig", "floral": "geblümt",
    "geometric": "mit geometrischem Muster", "herringbone": "mit Fischgrätmuster", "knitted": "gestrickt",
    "pinstriped": "mit Nadelstreifen", "plain": "einfarbig", "quilted": "gesteppt", "speckled": "gesprenkelt",
    "spotted": "gepunktet", "striped": "gestreift",
}

MATERIALS = {
    "ash": "Eschenholz", "bamboo viscose": "Bambusviskose", "beeswax": "Bienenwachs", "birch plywood": "Birkensperrholz",
    "blackened steel": "geschwärztem Stahl", "bouclé": "Bouclé", "brass": "Messing", "brushed cotton": "angerauter Baumwolle",
    "brushed steel": "gebürstetem Stahl", "canvas": "Segeltuch", "cashmere": "Kaschmir", "chambray": "Chambray",
    "corduroy": "Cord", "cotton": "Baumwolle", "cotton voile": "Baumwollvoile", "denim": "Denim",
    "duck canvas": "festem Segeltuch", "earthenware": "Steingut", "ebonised ash": "schwarz gebeizter Esche",
    "enamelled steel": "emailliertem Stahl", "felt": "Filz", "flannel": "Flanell", "fleece": "Fleece",
    "gilded brass": "vergoldetem Messing", "glass": "Glas", "hemp": "Hanf", "jute": "Jute",
    "lacquered steel": "lackiertem Stahl", "leather": "Leder", "linen": "Leinen", "merino": "Merinowolle",
    "mohair": "Mohair", "oak": "Eichenholz", "porcelain": "Porzellan", "raffia": "Bast", "rattan": "Rattan",
    "reclaimed oak": "alter Eiche", "ripstop nylon": "reißfestem Nylon", "rope": "Tau", "satin": "Satin",
    "seagrass": "Seegras", "silk": "Seide", "soy wax": "Sojawachs", "steel": "Stahl", "stoneware": "Steinzeug",
    "straw": "Stroh", "stretch cotton": "elastischer Baumwolle", "suede": "Wildleder", "teak": "Teakholz",
    "velvet": "Samt", "viscose": "Viskose", "walnut": "Nussbaumholz", "washed linen": "gewaschenem Leinen",
    "waxed cotton": "gewachster Baumwolle", "whitewashed oak": "geweißter Eiche", "willow": "Weide", "wool": "Wolle",
    "wool tweed": "Wolltweed",
}

WORDS = {
    "airy": "luftig", "bold": "kräftig", "breezy": "sommerlich", "broken-in": "eingetragen", "cheerful": "fröhlich",
    "clean": "klar", "cosy": "kuschelig", "crisp": "frisch", "earthy": "erdig", "elegant": "elegant", "fresh": "frisch",
    "gentle": "sanft", "graphic": "grafisch", "hand-finished": "handgefertigt", "hard-wearing": "strapazierfähig",
    "lavish": "üppig", "leafy": "grün", "lightweight": "leicht", "packable": "gut verstaubar", "pared-back": "schlicht",
    "playful": "verspielt", "polished": "poliert", "relaxed": "lässig", "retro": "retro", "rich": "satt",
    "rugged": "robust", "rustic": "rustikal", "sharp": "klar geschnitten", "sleek": "glatt", "snug": "behaglich",
    "soft": "weich", "studded": "mit Nieten", "sturdy": "stabil", "sunny": "sonnig", "tailored": "tailliert",
    "technical": "funktionell", "timeless": "zeitlos", "vivid": "lebhaft", "warm": "warm", "wheel-thrown": "gedreht",
}

# The first step of each shop's breadcrumbs.
GROUPS = {
    "Clothing": "Kleidung", "Footwear": "Schuhe", "Accessories": "Accessoires", "Home": "Wohnen", "Apparel": "Bekleidung",
    "Shoes & Bags": "Schuhe & Taschen", "House": "Haus", "Wardrobe": "Garderobe", "Living": "Wohnen",
}
# fmt: on

LEAD = re.compile(rf"^(?:An?|A pair of) ({'|'.join(sorted(ALL_WORDS, key=len, reverse=True))}) ")


def in_german(products: Sequence[DemoProduct]) -> list[DemoProduct]:
    """Return the products with German titles, descriptions, categories, colours, patterns and materials."""
    return [_translated(product) for product in products]


def _translated(product: DemoProduct) -> DemoProduct:
    noun, plural = NOUNS[product.category]
    colours = tuple(COLOURS[key] for key in product.colour_keys)
    pattern, material = PATTERNS[product.pattern_key], MATERIALS[product.material]
    lead = LEAD.match(product.description)
    word = WORDS[lead[1]] if lead else ""
    shown = "" if product.pattern_key == "plain" else pattern
    looks = ", ".join(filter(None, (shown, word)))
    return replace(
        product,
        noun=noun,
        title=f"{noun} aus {material}{f', {looks}' if looks else ''} – {colours[0]}",
        description=f"{noun} aus {material}, {looks or 'einfarbig'}, in {', '.join(colours)}.",
        category_path=(GROUPS[product.category_path[0]], plural),
        colours=colours,
        pattern=pattern,
        material=material.split()[-1],
    )

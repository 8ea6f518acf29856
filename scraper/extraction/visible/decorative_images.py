"""Filter of decorative images (logos, spacers, "no image" signs) by their file names."""

import re
from urllib.parse import urlsplit

from scraper.values.vocabulary import vocabulary

_VOCABULARY = {name: "|".join(patterns) for name, patterns in vocabulary("visible", "decorativeImages").items()}
_DECORATION = re.compile(
    rf"(?:(?:{_VOCABULARY['ownerPatterns']})[-_]?)?(?:{_VOCABULARY['subjectPatterns']})"
    rf"(?:[-_]?(?:{_VOCABULARY['variantPatterns']}))*\.\w{{2,5}}",
    re.IGNORECASE,
)


def without_decoration(urls: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses of images that are not decoration.

    >>> without_decoration(("https://shop.example/logo.png", "https://shop.example/logo-tee.jpg"))
    ('https://shop.example/logo-tee.jpg',)
    """
    return tuple(url for url in urls if not _DECORATION.fullmatch(urlsplit(url).path.rsplit("/", 1)[-1]))

"""Which images of a page show something: not a logo, a spacer or a "no image" sign, told by the file's own name."""

import re
from urllib.parse import urlsplit

_DECORATION = re.compile(
    r"(?:(?:site|shop|store|brand|company)[-_]?)?"
    r"(?:logo|pixel|spacer|blank|clear|placeholder|no[-_]?(?:image|img|photo|picture|pic)|image[-_]?(?:not[-_]?found|"
    r"missing|coming[-_]?soon|unavailable)|1x1|transparent|loading|loader|spinner|sprite|favicon)"
    r"(?:[-_]?(?:[0-9]{1,4}(?:x[0-9]{1,4})?|small|medium|large|default|white|black|dark|light))*\.\w{2,5}",
    re.IGNORECASE,
)


def without_decoration(urls: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses of images that show something.

    >>> without_decoration(("https://shop.example/logo.png", "https://shop.example/logo-tee.jpg"))
    ('https://shop.example/logo-tee.jpg',)
    """
    return tuple(url for url in urls if not _DECORATION.fullmatch(urlsplit(url).path.rsplit("/", 1)[-1]))

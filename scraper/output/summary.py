"""Types of summary.json, the numbers of a crawl."""

from typing import NotRequired, TypedDict


class FeedSummary(TypedDict):
    """Numbers of a shop's feed. `problem` says why an answer could not be read."""

    kind: str
    answers: int
    products: int
    skipped: NotRequired[dict[str, int]]
    problem: NotRequired[str]


class PageSummary(TypedDict):
    """Numbers of a shop's stored pages. `fieldCoverage` holds the share of products, 0 to 1, that have a field."""

    url: str
    pages: int
    products: int
    verdicts: dict[str, int]
    fieldCoverage: dict[str, float]
    failures: dict[str, int]
    skipped: dict[str, int]


class TrafficSummary(TypedDict):
    """Requests that a run sent to a shop, robots.txt, sitemaps and repeated tries included."""

    requests: int
    bytes: int
    seconds: float
    requestsPerSecond: float


class ShopSummary(PageSummary, TrafficSummary):
    """Numbers of one shop. `stopped` says why the crawl of the shop ended early."""

    queued: int
    feed: NotRequired[FeedSummary]
    stopped: NotRequired[str]
    finished: NotRequired[bool]
    changes: NotRequired[dict[str, int]]


class ImageSummary(TypedDict):
    """Numbers of the images of a crawl, and the hosts that were given up, each with the reason."""

    files: int
    bytes: int
    products: int
    failures: dict[str, int]
    dropped: dict[str, int]
    queued: int
    stoppedHosts: NotRequired[dict[str, str]]


class Summary(TypedDict):
    """The content of summary.json."""

    round: int
    finishedAt: str
    products: int
    shops: list[ShopSummary]
    images: NotRequired[ImageSummary]

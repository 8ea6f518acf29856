"""Lines of a products.jsonl, and which of them hold a product that can be encoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import orjson

from kernel.contracts import first_violation

_MAX_LINE_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Line:
    """Line of products.jsonl: a product, or the problem with the line."""

    number: int
    product: dict[str, object] | None
    problem: str | None
    end_bytes: int


@dataclass(frozen=True)
class ProductProblem:
    """Reason why a product cannot be recommended: a code to count by, and a message for people."""

    code: Literal["not_an_object", "no_title", "contract", "other_verdict"]
    message: str


def problem_of(product: object) -> ProductProblem | None:
    """Return why a product cannot be recommended, None when it can.

    The code is "other_verdict" for a page that follows the contract and is not a product's.
    """
    if not isinstance(product, dict):
        return ProductProblem("not_an_object", "expected a Product object")
    if product.get("verdict") == "product" and "title" not in product:
        return ProductProblem("no_title", "title is missing")
    violation = first_violation("product.schema.json", product)
    if violation is not None:
        return ProductProblem("contract", str(violation))
    if product["verdict"] != "product":
        return ProductProblem("other_verdict", f"expected verdict product, got {product['verdict']}")
    return None


def read_lines(path: Path, after: Line | None = None) -> Iterator[Line]:
    """Yield the lines of a products.jsonl that are not blank, one at a time: the file may be larger than memory.

    after: the line behind which to begin, of an earlier reading of the same file.
    """
    end_bytes, number_before = (after.end_bytes, after.number) if after else (0, 0)
    with path.open("rb") as stream:
        stream.seek(end_bytes)
        for number, raw in enumerate(iter(lambda: stream.readline(_MAX_LINE_BYTES + 1), b""), number_before + 1):
            end_bytes += len(raw)
            if len(raw) > _MAX_LINE_BYTES:
                end_bytes += _skip_line(stream)
                yield Line(number, None, f"expected at most {_MAX_LINE_BYTES} bytes a line", end_bytes)
            elif raw.strip():
                yield _parse_line(number, raw, end_bytes)


def _skip_line(stream: BinaryIO) -> int:
    num_bytes = 0
    for rest in iter(lambda: stream.readline(_MAX_LINE_BYTES), b""):
        num_bytes += len(rest)
        if rest.endswith(b"\n"):
            break
    return num_bytes


def _parse_line(number: int, raw: bytes, end_bytes: int) -> Line:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return Line(number, None, f"expected JSON: {error.msg} at byte {error.pos}", end_bytes)
    if not isinstance(document, dict):
        return Line(number, None, "expected a Product object", end_bytes)
    return Line(number, document, None, end_bytes)

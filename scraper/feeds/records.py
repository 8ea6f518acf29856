"""Records of a product feed in any of its three shapes: RSS 2.0, Atom, or a table with a header row.

A feed is a stranger's file: XML is streamed without entities, DTDs or network, and every count has a bound.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator

from lxml import etree

from scraper.errors import InputError
from scraper.extraction.page import decode

Record = dict[str, list[str]]
MAX_FIELDS = 200
MAX_VALUES = 50
MAX_VALUE_CHARS = 100_000
MAX_UNPACKED_BYTES = 128 * 2**20
MAX_ITEM_ELEMENTS = 10_000


def read_records(body: bytes) -> Iterator[Record]:
    """Yield each item's values by lower-case field name without its prefix ("g:image_link" is "image_link").

    Raises InputError where the file is truncated or not a feed; the records before that have been yielded.
    """
    content = _unpacked(body) if body.startswith(b"\x1f\x8b") else body
    start = content[:64].lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00")
    yield from _xml_records(content) if start.startswith(b"<") else _table_records(content)


def _unpacked(body: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(body)) as file:
            content = file.read(MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"the gzip data is broken: {error}") from error
    if len(content) > MAX_UNPACKED_BYTES:
        raise InputError(f"expected at most {MAX_UNPACKED_BYTES} bytes unpacked")
    return content


def _xml_records(content: bytes) -> Iterator[Record]:
    safely = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    events = etree.iterparse(io.BytesIO(content.lstrip()), events=("start", "end"), **safely)
    language: list[str] = []
    num_open_items = num_elements = 0
    try:
        for event, element in events:
            if element.getparent() is None and element.getroottree().docinfo.doctype:
                raise InputError("a feed with a DOCTYPE is refused: none needs one, and they are used for attacks")
            name = etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
            is_item = name in ("item", "entry")
            if event == "start":
                num_open_items += is_item
                num_elements += num_open_items > 0
                if num_elements > MAX_ITEM_ELEMENTS:
                    raise InputError(f"expected at most {MAX_ITEM_ELEMENTS} elements in an item")
                continue
            num_open_items -= is_item
            if num_open_items:
                continue
            if is_item:
                yield _record(element) | ({"content_language": language} if any(language) else {})
            elif name == "language" and not language:
                language = [(element.text or "").strip()]
            num_elements = 0
            _release(element)
    except etree.XMLSyntaxError as error:
        raise InputError(f"the XML is broken: {error}") from error


def _record(item: etree._Element) -> Record:
    record: Record = {}
    for element in item:
        if not isinstance(element.tag, str) or len(record) >= MAX_FIELDS:
            continue
        name = etree.QName(element).localname.lower()
        # Atom: the address is an attribute, and only the alternate one is the item's page.
        href = element.get("href") if element.get("rel", "alternate") == "alternate" else None
        text = (element.text or href or "").strip()
        values = record.setdefault(name, [])
        if text and len(values) < MAX_VALUES:
            values.append(text[:MAX_VALUE_CHARS])
    return record


def _release(element: etree._Element) -> None:
    """Free an element outside of any item and those before it, so that memory holds one item at a time."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _table_records(content: bytes) -> Iterator[Record]:
    text = decode(content)
    header_line = text.partition("\n")[0]
    delimiter = max("\t,;|", key=header_line.count)
    # Tab-separated feeds put quotes into their texts as they are; only a quoted field needs them read.
    csv.field_size_limit(MAX_VALUE_CHARS * 10)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = [_field_name(name) for name in next(rows, [])[:MAX_FIELDS]]
        if "title" not in header or not {"link", "canonical_link"} & set(header):
            raise InputError(f"expected a header row with at least title and link, got {header_line[:100]!r}")
        for row in rows:
            record: Record = {}
            for name, value in zip(header, row, strict=False):
                if name and value.strip() and len(record.get(name, ())) < MAX_VALUES:
                    record.setdefault(name, []).append(value.strip()[:MAX_VALUE_CHARS])
            if record:
                yield record
    except csv.Error as error:
        raise InputError(f"the table is broken in line {rows.line_num}: {error}") from error


def _field_name(text: str) -> str:
    return re.sub(r"[ -]", "_", text.strip().lower()).removeprefix("g:")

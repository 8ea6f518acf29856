"""Compare what a proxy recorded with what the extension's privacy ledger says.

    python -m benchmarks.egress RECORD LEDGER [--host HOST ...]

RECORD has one JSON object a line, as `docs/examples/record_requests.py` writes it in mitmproxy. LEDGER is the file that
"Save the ledger" in the options writes. `--host` looks at requests to these hosts alone, for a browser in which other
pages are open, too. Exits with 1 where a request left the browser that the ledger does not tell of.

A request counts as a page's where it is a navigation or names the page that it comes from: the extension's have no
referrer. The rest is compared by method, address and the SHA-256 of the body. Of a request through the channel of a
paired server the ledger has the hash of the encrypted bytes. Images of the panel are listed before they are loaded, so
the ledger may have more of them: the browser had those already.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

Entry = Mapping[str, Any]
PAGES = frozenset(("document", "iframe"))


class Wire(NamedTuple):
    """A request as it left the device; `sha256` of its body in hexadecimal, or "" where the ledger no longer has it."""

    method: str
    url: str
    sha256: str


class Comparison(NamedTuple):
    """Requests that both have, and those that one of the two has alone."""

    both: int
    only_recorded: list[Wire]
    only_in_ledger: list[Wire]


def recorded(lines: Iterable[str], hosts: Sequence[str] = ()) -> list[Wire]:
    """Return the requests of a record that no page made.

    Raises ValueError, with the number of the line, for one that is no request.
    """
    found = []
    for number, line in enumerate(lines, 1):
        try:
            request = json.loads(line)
            headers = {name.lower(): value for name, value in request["headers"].items()}
            wire = Wire(request["method"], request["url"], request["sha256"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"line {number}: expected a request of record_requests.py, got {line[:80]!r}") from error
        is_of_a_page = headers.get("sec-fetch-dest") in PAGES or "referer" in headers
        if not is_of_a_page and wire.method != "CONNECT" and (not hosts or urlsplit(wire.url).hostname in hosts):
            found.append(wire)
    return found


def told(entries: Iterable[Entry], hosts: Sequence[str] = ()) -> tuple[list[Wire], set[str]]:
    """Return the requests that a ledger tells of, and the addresses of the images that were shown."""
    requests: list[Wire] = []
    images: set[str] = set()
    for entry in entries:
        sealed = entry.get("sealed")
        if entry.get("purpose") == "shown":
            images.update(json.loads(entry["body"] or "[]"))
        elif sealed:
            requests.append(Wire("POST", sealed["url"], sealed["sha256"]))
        else:
            known = "" if entry.get("isShortened") else hashlib.sha256(entry["body"].encode()).hexdigest()
            requests.append(Wire(entry["method"], entry["url"], known))
    asked = [wire for wire in requests if not hosts or urlsplit(wire.url).hostname in hosts]
    return asked, {url for url in images if not hosts or urlsplit(url).hostname in hosts}


def compare(record: Sequence[Wire], asked: Sequence[Wire], images: set[str]) -> Comparison:
    """Match requests one by one. An image counts as told of however often it was loaded."""
    left = Counter(asked)
    both, only_recorded = 0, []
    for wire in record:
        shortened = wire._replace(sha256="")
        match = next((one for one in (wire, shortened) if left[one] > 0), None)
        if match:
            left[match] -= 1
        elif not (wire.method == "GET" and wire.url in images):
            only_recorded.append(wire)
            continue
        both += 1
    return Comparison(both, only_recorded, list(left.elements()))


def main() -> int:
    """Print what both have, and what one has alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path, metavar="RECORD")
    parser.add_argument("ledger", type=Path, metavar="LEDGER")
    parser.add_argument("--host", action="append", default=[], metavar="HOST")
    arguments = parser.parse_args()
    try:
        record = recorded(arguments.record.read_text("utf-8").splitlines(), arguments.host)
        asked, images = told(json.loads(arguments.ledger.read_text("utf-8")), arguments.host)
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"expected the record of a proxy and a saved ledger: {error}")
    found = compare(record, asked, images)
    print(f"{found.both} requests are in the record and in the ledger")
    for title, wires in (
        ("left the browser, and the ledger does not tell of it", found.only_recorded),
        ("in the ledger, and the proxy did not see it", found.only_in_ledger),
    ):
        for wire in wires:
            print(f"{title}: {wire.method} {wire.url} {wire.sha256[:16]}")
    return 1 if found.only_recorded else 0


if __name__ == "__main__":
    sys.exit(main())

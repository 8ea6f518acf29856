"""Addon of mitmproxy that writes each request of a browser as one line of JSON.

mitmdump -s docs/examples/record_requests.py --set record=requests.jsonl

`python -m benchmarks.egress` compares the file with the privacy ledger: docs/check-it-yourself.md.
"""

import hashlib
import json
from pathlib import Path
from typing import Any


class Recorder:
    """What mitmproxy calls: once at the start, and for each request."""

    def load(self, loader: Any) -> None:
        """Tell mitmproxy of the option that names the file."""
        self.options = loader.master.options
        loader.add_option("record", str, "requests.jsonl", "file that requests are added to, one a line")

    def request(self, flow: Any) -> None:
        """Add a request to the file, before it is passed on to its host."""
        write(Path(self.options.record), flow.request)


def write(path: Path, sent: Any) -> None:
    """Add one line: method, address, headers, and length and SHA-256 of the body."""
    body = sent.raw_content or b""
    line = {
        "method": sent.method,
        "url": sent.pretty_url,
        "headers": dict(sent.headers.items()),
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


addons = [Recorder()]

"""The rules that Python and JavaScript share, read once from `contracts/`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

CONTRACTS_DIR = Path(__file__).resolve().parents[2] / "contracts"


@cache
def contract(name: str) -> dict[str, Any]:
    """Return the parsed contract file, for example `contract("urls.json")`."""
    data: dict[str, Any] = json.loads((CONTRACTS_DIR / name).read_text(encoding="utf-8"))
    return data

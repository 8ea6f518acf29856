"""Reads the schemas that Python and JavaScript share."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from server.errors import ContractsMissingError

CONTRACTS_DIR = Path(__file__).resolve().parent.parent / "contracts"


@cache
def validator(name: str) -> Draft202012Validator:
    """A compiled validator of contracts/NAME."""
    path = CONTRACTS_DIR / name
    try:
        schema: dict[str, Any] = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ContractsMissingError(f"expected {path} (run from a full checkout): {error.strerror}") from error
    return Draft202012Validator(schema)


def first_violation(name: str, document: object) -> str | None:
    """What is wrong with `document` under contracts/NAME, most telling violation first; None when it conforms."""
    errors = sorted(validator(name).iter_errors(document), key=lambda error: (len(error.absolute_path), error.message))
    if not errors:
        return None
    where = "/".join(str(part) for part in errors[0].absolute_path)
    message = errors[0].message
    if len(message) > 200:
        message = message[:200] + "…"
    return f"{where}: {message}" if where else message

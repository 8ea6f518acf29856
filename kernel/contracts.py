"""Contracts: the rules and schemas that Python and JavaScript share, read from contracts/."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

from kernel.json_object import JsonObject
from kernel.paths import ROOT

CONTRACTS = ROOT / "contracts"
_MAX_MESSAGE_CHARS = 200


class ContractsMissingError(OSError):
    """A contract is not beside the program; the message names the file that was expected."""


@dataclass(frozen=True)
class Violation:
    """Violation of a schema by a document: its place as a JSON path such as $.price.amount, and the message."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@cache
def contract(name: str) -> JsonObject:
    """Return a parsed file of contracts/, for example `contract("urls.json")`; raises ContractsMissingError."""
    path = CONTRACTS / name
    try:
        parsed: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractsMissingError(f"expected {path} (run from a full checkout): {error.strerror}") from error
    return parsed


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a compiled validator of a schema in contracts/, for example `validator("product.schema.json")`."""
    # Schemas refer to each other, by ids that end in the file's name.
    schemas = [contract(path.name) for path in CONTRACTS.glob("*.schema.json")]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    return Draft202012Validator(contract(name), registry=registry)


def first_violation(name: str, document: object) -> Violation | None:
    """Return a document's most telling violation of a schema in contracts/, None when it conforms."""
    error = best_match(validator(name).iter_errors(document))
    if error is None:
        return None
    message = error.message
    if len(message) > _MAX_MESSAGE_CHARS:
        message = f"{message[: _MAX_MESSAGE_CHARS - 1]}…"
    return Violation(error.json_path, message)

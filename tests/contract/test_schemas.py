"""The contracts are valid, closed, and say what they mean."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource

CONTRACTS = Path(__file__).parents[2] / "contracts"
SCHEMAS = sorted(CONTRACTS.glob("*.schema.json"))
PRODUCT = {
    "shop": "example.com",
    "itemId": "0123456789abcdef",
    "url": "https://example.com/p/1",
    "title": "Bowl",
    "verdict": "product",
    "provenance": {"title": "json-ld"},
}


def validator(name: str) -> Draft202012Validator:
    resources = [(path.name, Resource.from_contents(json.loads(path.read_text("utf-8")))) for path in SCHEMAS]
    ids = [(resource.contents["$id"], resource) for _, resource in resources]
    registry = Registry().with_resources(resources + ids)
    return Draft202012Validator(json.loads((CONTRACTS / name).read_text("utf-8")), registry=registry)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_schema_is_valid_json_schema(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))


def test_openapi_document_is_valid() -> None:
    document = yaml.safe_load((CONTRACTS / "openapi.yaml").read_text("utf-8"))
    errors = list(OpenAPIV31SpecValidator(document, base_uri=(CONTRACTS / "openapi.yaml").as_uri()).iter_errors())
    assert errors == []


def test_minimal_product_is_accepted() -> None:
    validator("product.schema.json").validate(PRODUCT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": None}, "None is not of type 'string'"),
        ({"reviews": [{"text": "Fine", "author": "Ann"}]}, "'author' was unexpected"),
        ({"price": {"amount": "49,90", "currency": "EUR"}}, "does not match"),
        ({"price": {"amount": "-1"}}, "does not match"),
        ({"gtin": "4006381333931"}, "does not match"),
        ({"availability": "https://schema.org/InStock"}, "is not one of"),
        ({"provenance": {"title": "guess"}}, "is not one of"),
        ({"itemId": "0123456789ABCDEF"}, "does not match"),
        ({"colour": "red"}, "was unexpected"),
    ],
)
def test_product_refuses(change: dict[str, object], said: str) -> None:
    errors = [error.message for error in validator("product.schema.json").iter_errors(PRODUCT | change)]
    assert any(said in message for message in errors), errors


def test_a_page_that_is_no_product_needs_no_title() -> None:
    schema = validator("product.schema.json")
    untitled = {key: value for key, value in PRODUCT.items() if key != "title"}
    schema.validate(untitled | {"verdict": "blocked"})
    assert not schema.is_valid(untitled)


def test_interaction_refers_to_product() -> None:
    schema = validator("interaction.schema.json")
    good = {"shop": "example.com", "itemId": "0123456789abcdef", "kind": "cart", "time": "2026-01-01T00:00:00Z"}
    schema.validate(good)
    assert not schema.is_valid(good | {"itemId": "nope"})
    assert not schema.is_valid(good | {"kind": "look"})


def test_interaction_kinds_are_those_of_a_bundle() -> None:
    """The integer a user tower receives is the position in this list; two lists would drift."""
    interaction = json.loads((CONTRACTS / "interaction.schema.json").read_text("utf-8"))
    bundle = json.loads((CONTRACTS / "bundle.schema.json").read_text("utf-8"))
    kinds = bundle["properties"]["interactions"]["properties"]["kinds"]["const"]
    assert interaction["properties"]["kind"]["enum"] == kinds

"""Contracts are read once, and violations name their place."""

import pytest

from kernel import contracts
from kernel.contracts import ContractsMissingError, contract, first_violation, validator

INTERACTION = {"shop": "a.example", "itemId": "0" * 16, "kind": "view", "time": "2026-01-01T00:00:00Z"}


def test_contract_is_parsed_once():
    assert contract("interaction.schema.json")["properties"]["kind"]["enum"][0] == "view"
    assert contract("interaction.schema.json") is contract("interaction.schema.json")
    assert validator("interaction.schema.json") is validator("interaction.schema.json")


def test_document_that_conforms_has_no_violation():
    assert first_violation("interaction.schema.json", INTERACTION) is None


def test_place_in_another_schema_is_found_through_its_reference():
    assert first_violation("interaction.schema.json", {**INTERACTION, "shop": 5}).place == "$.shop"


def test_violation_names_the_place_and_the_reason():
    violation = first_violation("bundle.schema.json", {"format": 2})
    assert violation.place == "$"
    assert str(violation) == f"$: {violation.message}"


def test_long_message_is_cut():
    violation = first_violation("interaction.schema.json", {**INTERACTION, "kind": "x" * 900})
    assert violation.place == "$.kind"
    assert len(violation.message) == 200
    assert violation.message.endswith("…")


def test_missing_contract_is_named_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(contracts, "CONTRACTS", tmp_path)
    with pytest.raises(ContractsMissingError, match=r"expected .*/none\.json \(run from a full checkout\)"):
        contract("none.json")

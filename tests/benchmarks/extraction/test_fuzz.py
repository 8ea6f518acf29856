"""Fuzzed pages: each gets an answer that fits the schema. The long run is `python -m benchmarks.extraction.fuzz`."""

import json
import signal
from pathlib import Path

import jsonschema
import pytest

from benchmarks.extraction.fuzz import inputs, problem_in_python

ROOT = Path(__file__).parents[3]
NUM_INPUTS = 400


def too_slow(_signal: int, _frame: object) -> None:
    pytest.fail("a page took more than ten seconds")


def test_broken_and_hostile_pages_get_an_answer_that_fits_the_schema():
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "contracts/product.schema.json").read_text("utf-8")))
    previous = signal.signal(signal.SIGALRM, too_slow)
    try:
        problems = {
            number: problem
            for number, html in enumerate(inputs(NUM_INPUTS, seed=7))
            if (problem := problem_in_python(html, schema)[1])
        }
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert problems == {}


def test_the_fuzzer_sees_a_crash(monkeypatch):
    def crash(_html, _url):
        raise RecursionError("deep")

    monkeypatch.setattr("benchmarks.extraction.fuzz.extract_product", crash)
    assert problem_in_python("<p>", None) == (None, "RecursionError: deep")

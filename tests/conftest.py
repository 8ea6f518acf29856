"""Fixtures that every room's tests may use."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests import lite_bundle as bundles

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["tests.opened_vectors"]

# A shell has its background jobs ignore Ctrl-C, and so would every program that these tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def lite_bundle() -> Path:
    """Return a real lite bundle, whose text encoder is a token table. Read it, never write to it."""
    return _bundle("lite")


@pytest.fixture(scope="session")
def minilm_bundle() -> Path:
    """Return a real lite bundle, whose text encoder is MiniLM-L6. Read it, never write to it."""
    return _bundle("minilm")


def _bundle(kind: str) -> Path:
    try:
        return bundles.lite_bundle(kind)
    except bundles.BundleError as error:
        pytest.fail(str(error))


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Playwright, started once: it cannot be started a second time in one process."""
    with sync_playwright() as started:
        yield started

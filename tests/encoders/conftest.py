import shutil

import pytest

from tests.server.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory):
    """Return a bundle of a few kilobytes. Read it, never write to it."""
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def copied_bundle(tiny_bundle, tmp_path):
    """Return a copy of the tiny bundle that a test may damage."""
    return shutil.copytree(tiny_bundle, tmp_path / "copy")

"""One small bundle for all tests of this room, and a fresh copy of it where a test wants to break it."""

import fcntl
import importlib.util
import os
import pickle
import shutil
from pathlib import Path

import pytest

from exporter.publish import publish
from exporter.verify import verify

_SPEC = importlib.util.spec_from_file_location("tiny", Path(__file__).parent / "tiny.py")
tiny = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tiny)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory):
    """Return a function that makes a value in the first process that asks, and gives all others the same."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name, make):
        path = shared / f"{name}.pickle"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                path.write_bytes(pickle.dumps(make()))
        return pickle.loads(path.read_bytes())

    return once


@pytest.fixture(scope="session")
def tiny_draft(make_once):
    return make_once("tiny", tiny.draft)


@pytest.fixture(scope="session")
def make_tiny_draft():
    """Return the function that makes such drafts, for tests that want another."""
    return tiny.draft


@pytest.fixture(scope="session")
def tiny_bundle(tiny_draft, tmp_path_factory):
    """Read it, never write to it."""
    out = tmp_path_factory.mktemp("bundles") / "tiny"
    publish(tiny_draft.files(), tiny_draft.manifest(), out, verify)
    return out


@pytest.fixture(scope="session")
def other_bundle(make_once, make_tiny_draft, tmp_path_factory):
    """Return a bundle with other weights, so of another space. Read it, never write to it."""
    draft = make_once("other", lambda: make_tiny_draft(seed=1, name="other"))
    out = tmp_path_factory.mktemp("bundles") / "other"
    publish(draft.files(), draft.manifest(), out, verify)
    return out


@pytest.fixture
def bundle(tiny_bundle, tmp_path):
    """Return a copy to break."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))

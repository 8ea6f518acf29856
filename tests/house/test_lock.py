"""requirements-serve.lock: every package that the server runs with, each file by its hash."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements-serve.lock").read_text()


def locked():
    """Return name -> version, marker and hashes of each entry."""
    entries = [entry for entry in LOCK.replace("\\\n", " ").splitlines() if entry and not entry.startswith("#")]
    found = {}
    for entry in entries:
        requirement = Requirement(entry.partition("--hash=")[0])
        found[canonicalize_name(requirement.name)] = (
            str(requirement.specifier),
            requirement.marker,
            re.findall(r"--hash=sha256:([0-9a-f]{64})(?:\s|$)", entry),
        )
        assert entry.count("--hash=") == len(found[canonicalize_name(requirement.name)][2])
    return found


def needs(name):
    """Return what an installed package needs here, without extras."""
    try:
        texts = requires(name) or []
    except PackageNotFoundError:  # of another platform
        return set()
    found = [Requirement(text) for text in texts]
    return {canonicalize_name(one.name) for one in found if one.marker is None or one.marker.evaluate({"extra": ""})}


def test_the_lock_has_what_is_served_and_all_that_it_needs():
    entries = locked()
    lines = (ROOT / "requirements-serve.txt").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert len(wanted) > 10
    for requirement in wanted:
        assert entries[canonicalize_name(requirement.name)][0] == str(requirement.specifier), "run `make lock`"
    reached = set()
    ahead = {canonicalize_name(requirement.name) for requirement in wanted}
    while ahead:
        reached |= ahead
        ahead = {name for known in ahead for name in needs(known)} - reached
    assert reached - set(entries) == set(), "run `make lock`"
    assert len(reached) > 20


def test_every_file_is_known_by_its_hash_and_by_no_address():
    assert all(version.startswith("==") and hashes for version, _, hashes in locked().values())
    assert "://" not in LOCK
    assert not re.search(r"--(?:extra-)?index|--find-links|file:|@ ", LOCK)

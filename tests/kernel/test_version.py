"""The project has one version and knows its commit."""

import json
import re
import subprocess

import pytest
import yaml

from kernel import commit
from kernel.commit import current_commit
from kernel.paths import ROOT
from kernel.version import VERSION


def _json(name):
    return json.loads((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize(
    ("place", "read"),
    [
        ("package.json", lambda: _json("package.json")["version"]),
        ("package-lock.json", lambda: _json("package-lock.json")["version"]),
        ("package-lock.json's root package", lambda: _json("package-lock.json")["packages"][""]["version"]),
        ("extension/manifest.json", lambda: _json("extension/manifest.json")["version"]),
        (
            "contracts/openapi.yaml",
            lambda: yaml.safe_load((ROOT / "contracts" / "openapi.yaml").read_text("utf-8"))["info"]["version"],
        ),
    ],
)
def test_every_stated_version_is_that_of_pyproject(place, read):
    assert read() == VERSION, f"{place}: expected the version of pyproject.toml"


def test_version_has_three_numbers():
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_no_python_source_states_the_version_again():
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    stated = re.compile(rf"""version["']?\s*[:=]\s*["']{re.escape(VERSION)}["']""", re.IGNORECASE)
    paths = [ROOT / name for name in listed.stdout.split() if not name.startswith("tests/") and (ROOT / name).exists()]
    assert [str(path) for path in paths if stated.search(path.read_text("utf-8"))] == []


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a git checkout with one commit."""
    (tmp_path / "file").write_text("a")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "file"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    monkeypatch.setattr(commit, "ROOT", tmp_path)
    return tmp_path


def test_commit_is_forty_hexadecimal_digits(checkout):
    head = subprocess.run(["git", "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert current_commit() == current_commit(marks_changes=True) == head.stdout.strip()


def test_changed_checkout_is_marked_on_request(checkout):
    clean = current_commit()
    (checkout / "file").write_text("b")
    assert current_commit() == clean
    assert current_commit(marks_changes=True) == f"{clean}-dirty"


def test_there_is_no_commit_without_a_checkout_or_git(tmp_path, monkeypatch):
    monkeypatch.setattr(commit, "ROOT", tmp_path)
    assert current_commit() is None
    monkeypatch.setenv("PATH", "")
    assert current_commit() is None

"""Records of a measurement: the command, the commit and the data behind a number."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import record

ROOT = Path(__file__).resolve().parents[2]
PRINT = "from benchmarks import record; print(record.command())"


@pytest.mark.parametrize(
    ("files", "module", "expected"),
    [
        ({"sample/fuzz.py": PRINT}, "sample.fuzz", "python -m sample.fuzz --seed 7"),
        ({"sample/__main__.py": PRINT}, "sample", "python -m sample --seed 7"),
    ],
)
def test_command_is_the_one_that_a_person_typed(
    tmp_path: Path, files: dict[str, str], module: str, expected: str
) -> None:
    """A folder of benchmarks is called by its name, without `__main__`."""
    for name, text in {"sample/__init__.py": "", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"}
    arguments = [sys.executable, "-m", module, "--seed", "7"]
    done = subprocess.run(arguments, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_command_does_not_tell_where_files_lay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "argv", ["x", "--data", "/srv/data/Beauty", "--bundle", "a=/srv/b", "--out", "var/c", "k=1"]
    )
    assert record.command().endswith(" --data …/Beauty --bundle a=…/b --out var/c k=1")


def test_no_committed_result_tells_where_files_lay() -> None:
    for path in record.RESULTS.glob("*.json"):
        command = json.loads(path.read_text("utf-8")).get("command", "")
        assert not [word for word in command.split() if word.rpartition("=")[2].startswith("/")], path.name


def test_record_names_commit_machine_and_versions() -> None:
    found = record.environment("numpy")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found["commit"] == head.strip()
    assert set(found["versions"]) == {"numpy"}
    assert found["machine"]["cores"] >= 1


def test_sha256_is_of_the_files_bytes(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert record.sha256(tmp_path / "data.csv") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_results_are_written_as_json_with_a_last_newline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RESULTS", tmp_path / "results")
    path = record.write("sample", {"value": 0.5})
    assert path == tmp_path / "results" / "sample.json"
    assert json.loads(path.read_text()) == {"value": 0.5} and path.read_text().endswith("}\n")

"""Command line of the demo: every command starts, and bad values get one clear line."""

import subprocess
import sys
from pathlib import Path

import pytest

from demo.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("command", "option"), [("mall", "--ports"), ("run", "--var"), ("shoppers", "--products")])
def test_every_command_starts_as_a_program_and_has_help(command: str, option: str) -> None:
    arguments = [sys.executable, "-m", "demo", command, "--help"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert option in done.stdout


@pytest.mark.parametrize(
    ("ports", "problem"),
    [
        ("8701,8702", "three different numbers"),
        ("8701,8701,8702", "three different numbers"),
        ("8701,8702,70000", "three different numbers"),
        ("8701,eight,8702", "three numbers such as 8701,8702,8703"),
    ],
)
def test_unusable_ports_are_refused(ports: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mall", "--ports", ports]) == 2
    error = capsys.readouterr().err
    assert problem in error and repr(ports) in error


def test_shoppers_without_a_user_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["shoppers", "--products", str(tmp_path / "products.jsonl"), "--out", str(tmp_path / "out.csv")]
    assert main([*arguments, "--users", "0"]) == 2
    assert "--users" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()

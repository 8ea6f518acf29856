"""`python -m trainer` before any command has begun."""

import subprocess
import sys
from pathlib import Path

import pytest

from trainer import commands
from trainer.__main__ import COMMANDS

ROOT = Path(__file__).parents[3]
CTRL_C_AT_TORCH = """
import os, signal, sys

class CtrlC:
    def find_spec(name, path=None, target=None):
        if name == "torch":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC)
from trainer.__main__ import main
sys.exit(main(["train", "absent.toml"]))
"""
WITHOUT_TORCH = """
import sys
from trainer.__main__ import main
try:
    main(sys.argv[1:])
finally:
    assert "torch" not in sys.modules, "torch was imported"
"""

MANY_LINES = """
import sys, types
from trainer import __main__ as program
sys.modules["trainer.runs.determinism"] = types.SimpleNamespace(use_deterministic_algorithms=lambda: None)
class Chatty:
    def parse_args(self, words):
        from argparse import Namespace
        return Namespace(command=lambda arguments: print("a line\\n" * 100_000))
program._parser = lambda words: Chatty()
sys.exit(program.main([]))
"""


def _python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_ctrl_c_during_imports_prints_no_traceback() -> None:
    done = _python(CTRL_C_AT_TORCH)
    assert (done.returncode, done.stderr) == (130, "stopped\n")


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["trian"], 2), ([], 2)])
def test_help_and_a_misspelt_command_do_not_import_torch(words: list[str], code: int) -> None:
    done = _python(WITHOUT_TORCH, *words)
    assert done.returncode == code
    assert "Error" not in done.stderr
    assert all(name in done.stdout + done.stderr for name in (COMMANDS if words else ()))


def test_commands_and_files_of_the_folder_match() -> None:
    files = Path(commands.__file__).parent.glob("*.py")
    assert set(COMMANDS) == {path.stem for path in files if "def add(" in path.read_text(encoding="utf-8")}


def test_a_closed_pipe_is_not_an_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MANY_LINES], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "a line\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1

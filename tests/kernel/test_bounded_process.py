"""A child process ends within its limits on time and memory, and says which it exceeded."""

from pathlib import Path

import pytest

from kernel.bounded_process import LimitError, Limits, run_bounded

ROOMY = Limits(seconds=60, num_bytes=10**9)
PROGRAM = """
import os, signal, sys, time
what = sys.argv[1]
if what == "answer":
    print("one", *sys.argv[2:])
    print("hidden", file=sys.stderr)
    sys.exit(7)
elif what == "wait":
    time.sleep(60)
elif what == "hoard":
    held = bytearray(2 * 10**9)
elif what == "keep":
    held = bytearray(5 * 10**8)
elif what == "die":
    os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return the name of a module that the child can import."""
    (tmp_path / "bounded_example.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "bounded_example"


def test_a_program_within_its_limits_gives_its_code_and_output(program, capfd):
    assert run_bounded(program, ["answer", Path("/x y"), "z"], ROOMY) == (7, "one /x y z\n")
    assert run_bounded(program, ["keep"], ROOMY) == (0, "")
    assert capfd.readouterr() == ("", "")


def test_a_program_that_takes_too_long_is_ended(program):
    with pytest.raises(LimitError, match=r"^did not finish within 1\.5 s$"):
        run_bounded(program, ["wait"], Limits(1.5, 10**9))


def test_a_program_that_takes_too_much_memory_is_ended(program):
    with pytest.raises(LimitError, match=r"^needs more than 1,000 MB of memory$"):
        run_bounded(program, ["hoard"], ROOMY)


def test_a_program_that_a_signal_ends_is_told_apart(program):
    with pytest.raises(LimitError, match=r"^was ended by signal 11 under a limit of 1,000 MB of memory$"):
        run_bounded(program, ["die"], ROOMY)

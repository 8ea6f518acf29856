"""Progress lines are rare, plain and on standard error."""

import io
import re

import pytest

from kernel import progress
from kernel.progress import CountProgress, TerminalProgress, timed_lines


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that a test sets, in seconds."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_line_is_written_after_ten_seconds_with_what_is_left(capsys, clock):
    with TerminalProgress() as shown:
        shown.update("encode", 0, 4000)
        clock[0] += 9
        shown.update("encode", 1000, 4000)
        clock[0] += 1
        shown.update("encode", 1000, 4000, "100 items/s")
        shown.update("encode", 1001, 4000)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "encode: 1,000 of 4,000, 100 items/s, about 30 s left\n")


def test_bytes_are_shown_as_a_share(capsys, clock):
    with TerminalProgress() as shown:
        clock[0] += 10
        shown.update("ingest", 250, 1000, as_percent=True)
        clock[0] += 10
        shown.update("ingest", 0, 0, as_percent=True)
    assert capsys.readouterr().err.splitlines() == ["ingest: 25 %, about 0 s left", "ingest: 0 %"]


def test_count_ends_with_a_line_when_the_job_ends_well(capsys, clock):
    with CountProgress("crawling", total=0) as shown:
        clock[0] += 2
        shown.advance(total=3)
        shown.advance(errors=1)
        assert shown.done == 2
    assert capsys.readouterr().err == "crawling: 2 of 3, 1.0 pages/s, 1 errors\n"
    with pytest.raises(KeyboardInterrupt), CountProgress("crawling", total=1):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("keeps_bars", "is_left"), [(True, True), (False, False)])
def test_terminal_shows_bars_and_keeps_them_on_request(monkeypatch, keeps_bars, is_left):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with TerminalProgress(keeps_bars=keeps_bars) as shown:
        shown.update("encode", 5, 5, "note")
        shown.say("a [line] with brackets")
    written = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "a [line] with brackets" in written
    assert ("5 of 5 note" in written) == is_left


def test_timed_lines_start_with_the_seconds_passed(capsys, clock):
    say = timed_lines()
    clock[0] += 12.34
    say("exporting")
    assert capsys.readouterr().err == "[ 12.3 s] exporting\n"

"""The command that measures towers: what it refuses before it measures or writes anything."""

from pathlib import Path

import pytest

from benchmarks.towers import measure


@pytest.mark.parametrize("folder", [None, "beauty", "beauty/new_shop"])
def test_a_summary_of_nothing_is_refused_and_nothing_written(
    folder: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty summary would take the place of the committed figures."""
    if folder:
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(measure, "WORK", tmp_path)
    monkeypatch.setattr(measure, "write", lambda *given: pytest.fail(f"wrote {given}"))
    with pytest.raises(SystemExit, match="2"):
        measure.main(["beauty", "--summary"])
    assert f"expected measured rows in {tmp_path / 'beauty'}, found none" in capsys.readouterr().err

"""kernel/contract_types.py follows contracts/."""

from pathlib import Path

import pytest

from kernel.build import contract_types


def test_contract_types_are_up_to_date() -> None:
    assert contract_types.main(["--check"]) == 0, "run `python -m kernel.build.contract_types` and commit the file"


def test_check_reports_a_changed_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "contract_types.py"
    target.write_text(contract_types.TARGET.read_text("utf-8").replace("itemId: str", "itemId: int"), "utf-8")
    monkeypatch.setattr(contract_types, "TARGET", target)
    assert contract_types.main(["--check"]) == 1
    assert "python -m kernel.build.contract_types" in capsys.readouterr().err

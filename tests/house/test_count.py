"""The count of tests that ends `make test`."""

from pathlib import Path

import pytest

from tests.count import main

PYTHON = """<testsuites><testsuite>
<testcase classname="tests.trainer.towers.test_clip" name="a"/>
<testcase classname="tests.trainer.test_prepare" name="b"><skipped/></testcase>
<testcase classname="tests.server.http.test_api" name="c">{}</testcase>
</testsuite></testsuites>"""
NODE = '<testsuites><testcase name="reads a price" classname="test"/></testsuites>'


def test_tests_are_counted_by_kind_and_by_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "python.xml").write_text(PYTHON.format(""))
    (tmp_path / "javascript.xml").write_text(NODE)
    assert main(tmp_path) == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line] == [
        "By kind",
        "javascript: 1 passed, 0 failed, 0 skipped",
        "python: 2 passed, 0 failed, 1 skipped",
        "By room",
        "extension: 1 passed, 0 failed, 0 skipped",
        "server: 1 passed, 0 failed, 0 skipped",
        "trainer: 1 passed, 0 failed, 1 skipped",
        "all: 3 passed, 0 failed, 1 skipped",
    ]


@pytest.mark.parametrize("problem", ["<failure/>", "<error/>"])
def test_failed_test_fails_the_count(tmp_path: Path, problem: str) -> None:
    (tmp_path / "python.xml").write_text(PYTHON.format(problem))
    assert main(tmp_path) == 1


def test_no_test_at_all_fails_the_count(tmp_path: Path) -> None:
    assert main(tmp_path) == 1

"""Number of tests of each kind and of each room that ran, read from the JUnit files of one `make test`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree


def outcomes(report: Path) -> Iterator[tuple[str, str]]:
    """Yield (room, "passed" | "failed" | "skipped") of each test in a JUnit file."""
    for case in ElementTree.parse(report).iter("testcase"):
        failed = case.find("failure") is not None or case.find("error") is not None
        outcome = "failed" if failed else "skipped" if case.find("skipped") is not None else "passed"
        yield room_of(case.get("classname", "")), outcome


def room_of(classname: str) -> str:
    """Return the folder of tests/ that pytest's class name begins with; Node writes no such name."""
    parts = classname.split(".")
    return parts[1] if parts[0] == "tests" and len(parts) > 1 else "extension"


def line(name: str, found: Iterable[str]) -> str:
    """Return a line with the counts of the outcomes."""
    listed = list(found)
    passed, failed, skipped = (listed.count(outcome) for outcome in ("passed", "failed", "skipped"))
    return f"{name:>12}: {passed:4} passed, {failed} failed, {skipped} skipped"


def main(folder: Path) -> int:
    """Print a line for each kind, for each room and for all; return 1 where nothing ran or a test failed."""
    kinds = {report.stem: list(outcomes(report)) for report in sorted(folder.glob("*.xml"))}
    ran = [found for kind in kinds.values() for found in kind]
    print("\nBy kind")
    for kind, found in kinds.items():
        print(line(kind, (outcome for _, outcome in found)))
    print("By room")
    for room in sorted({room for room, _ in ran}):
        print(line(room, (outcome for where, outcome in ran if where == room)))
    print(line("all", (outcome for _, outcome in ran)))
    passed = any(outcome == "passed" for _, outcome in ran)
    return 1 if not passed or any(outcome == "failed" for _, outcome in ran) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

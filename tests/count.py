"""Print how many tests of each kind ran, from the JUnit files of one `make test`."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(report: Path) -> tuple[int, int, int]:
    """Tests (passed, failed, skipped) in one JUnit XML file."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return len(cases) - failed - skipped, failed, skipped


def main(folder: Path) -> int:
    """Print a line for each kind and one for all; 1 where nothing ran or something failed."""
    totals = [0, 0, 0]
    print()
    for report in sorted(folder.glob("*.xml")):
        counts = count(report)
        totals = [total + number for total, number in zip(totals, counts, strict=True)]
        print(f"{report.stem:>12}: {counts[0]:4} passed, {counts[1]} failed, {counts[2]} skipped")
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 0 if totals[0] and not totals[1] else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

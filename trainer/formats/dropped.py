"""What was not taken, counted by reason and with the first examples: nothing is lost without a trace."""

from typing import Any

from trainer.errors import DataError
from trainer.formats.source import Bad

EXAMPLES = 5
MAX_BAD_SHARE = 0.1


class Dropped:
    """The records of one kind that were not taken."""

    def __init__(self, what: str, *, is_strict: bool = False) -> None:
        self.what, self._is_strict = what, is_strict
        self.num_bad = 0
        self._groups: dict[str, dict[str, Any]] = {}

    def bad(self, record: Bad) -> None:
        """Count a record that breaks its format; raises DataError where that is not to be borne."""
        if self._is_strict:
            raise DataError(f"{record.where}: {record.reason}")
        self.num_bad += 1
        self.left_out(record)

    def left_out(self, record: Bad) -> None:
        """Count a record that is sound and still not taken, such as one about something unknown."""
        group = self._groups.setdefault(record.group, {"count": 0, "first": []})
        group["count"] += 1
        if len(group["first"]) < EXAMPLES:
            group["first"].append(f"{record.where}: {record.reason}")

    def check_share(self, num_good: int) -> None:
        """Raise DataError where more than a tenth of all was bad: then the reading is wrong, not the data."""
        if self.num_bad > MAX_BAD_SHARE * (self.num_bad + num_good):
            first = next(iter(self._groups.values()))["first"][0]
            raise DataError(
                f"{self.num_bad:,} of {self.num_bad + num_good:,} {self.what} are bad, more than {MAX_BAD_SHARE:.0%}; "
                f"is it this format? The first: {first}"
            )

    def document(self) -> dict[str, Any]:
        """Return {reason: {"count", "first": examples}} as JSON types, most frequent first."""
        return dict(sorted(self._groups.items(), key=lambda entry: -entry[1]["count"]))

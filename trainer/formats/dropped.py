"""Records that a conversion left out, counted by reason and with the first examples."""

from trainer.errors import DataError
from trainer.formats.output import DroppedGroup
from trainer.formats.source import Bad

EXAMPLES = 5
MAX_BAD_SHARE = 0.1


class Dropped:
    """Counts and examples of the records of one kind (products, images or interactions) that were left out."""

    def __init__(self, what: str, *, is_strict: bool = False) -> None:
        self.what, self._is_strict = what, is_strict
        self.num_bad = 0
        self._groups: dict[str, DroppedGroup] = {}

    def bad(self, record: Bad) -> None:
        """Count an invalid record; raise DataError in strict mode."""
        if self._is_strict:
            raise DataError(f"{record.where}: {record.reason}")
        self.num_bad += 1
        self.left_out(record)

    def left_out(self, record: Bad) -> None:
        """Count a valid record that is left out, such as one about an unknown item."""
        group = self._groups.setdefault(record.group, {"count": 0, "first": []})
        group["count"] += 1
        if len(group["first"]) < EXAMPLES:
            group["first"].append(f"{record.where}: {record.reason}")

    def check_share(self, num_good: int) -> None:
        """Raise DataError where more than a tenth of the records is invalid: this suggests the wrong format."""
        if self.num_bad > MAX_BAD_SHARE * (self.num_bad + num_good):
            first = next(iter(self._groups.values()))["first"][0]
            raise DataError(
                f"{self.num_bad:,} of {self.num_bad + num_good:,} {self.what} are invalid, more than "
                f"{MAX_BAD_SHARE:.0%}; check --format. The first: {first}"
            )

    def document(self) -> dict[str, DroppedGroup]:
        """Return {reason: {"count", "first": examples}} as JSON types, most frequent first."""
        return dict(sorted(self._groups.items(), key=lambda entry: -entry[1]["count"]))

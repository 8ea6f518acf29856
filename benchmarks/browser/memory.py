"""Memory of processes as Linux counts it."""

from dataclasses import dataclass
from pathlib import Path

_MB = 1_000_000


@dataclass(frozen=True)
class Memory:
    """Megabytes (10^6) of one process: all that is resident, and what it shares with no other."""

    resident: float
    private: float


def memory_of(pid: int) -> Memory:
    """Return the memory of a process."""
    return parsed(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"))


def parsed(rollup: str) -> Memory:
    """Return the memory that a smaps_rollup file states."""
    words = [line.split() for line in rollup.splitlines()[1:]]
    kib = {name.rstrip(":"): int(size) for name, size, *_ in words}
    private = kib["Private_Clean"] + kib["Private_Dirty"]
    return Memory(round(kib["Rss"] * 1024 / _MB, 1), round(private * 1024 / _MB, 1))


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold spaces; state and parent follow it.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # it ended meanwhile
            continue
    found = [pid]
    for one in found:
        found.extend(child for child, parent in parents.items() if parent == one)
    return found[1:]


def name_of(pid: int) -> str:
    """Return the name that a process gave itself, "" for one that ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def command_line(pid: int) -> str:
    """Return the command line of a process with spaces between its arguments, "" for one that ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
    except OSError:
        return ""

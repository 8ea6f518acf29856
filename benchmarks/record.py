"""Where and with what a number was measured: the part that every result file shares."""

import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TypedDict

from kernel.commit import current_commit
from kernel.json_object import JsonMapping

RESULTS = Path(__file__).parent / "results"


class Machine(TypedDict):
    """The machine that measured."""

    cpu: str
    cores: int | None
    system: str
    arch: str


class Environment(TypedDict):
    """The part that every result file shares. `dirty`: whether tracked files differed from the commit."""

    measuredAt: str
    command: str
    commit: str | None
    dirty: bool
    machine: Machine
    python: str
    versions: dict[str, str]


def environment(*distributions: str) -> Environment:
    """Return commit, machine and versions, so that a number can be compared and measured again."""
    return {
        "measuredAt": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(),
        "commit": current_commit(),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no", "--", "..", ":!results")),
        "machine": {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system(), "arch": platform.machine()},
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in distributions},
    }


def command() -> str:
    """Return the command line of the running benchmark, as a person types it; where its files lay is left out."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["-m", spec.name.removesuffix(".__main__")] if spec else [sys.argv[0]]
    return " ".join(["python", *program, *(_without_folder(word) for word in sys.argv[1:])])


def _without_folder(word: str) -> str:
    """Return an absolute path, alone or behind NAME=, as …/ and its last part; any other word as it is."""
    name, equals, path = word.rpartition("=")
    return f"{name}{equals}…/{Path(path).name}" if path.startswith("/") else word


def sha256(path: Path) -> str:
    """Return the SHA-256 of a data file, which ties a result to its data."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(name: str, result: JsonMapping) -> Path:
    """Write results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return path


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()

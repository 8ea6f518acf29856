"""Record of finished steps of `demo run`: a step is done while its inputs and outputs are unchanged."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from kernel.files import write_text_whole

SOURCE_SUFFIXES = {".py", ".js", ".mjs", ".json", ".html", ".css", ".sql", ".yaml", ".txt"}


@dataclass(frozen=True)
class Step:
    """Step that runs once: `inputs` are hashed by content, `outputs` must still exist unchanged."""

    name: str
    title: str
    command: tuple[str, ...]
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    # A folder in which an interrupted command resumes; it must not contain anything of older inputs.
    resumes_in: Path | None = None


def fingerprint(step: Step) -> str:
    """Return a hash of the command and the contents of every input; folders count with the source files in them."""
    digest = hashlib.sha256(json.dumps(step.command).encode())
    for path in step.inputs:
        for file in _files(path):
            digest.update(f"\0{file.relative_to(path.parent)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(path: Path) -> Sequence[Path]:
    if path.is_file():
        return [path]
    found = (file for file in path.rglob("*") if file.suffix in SOURCE_SUFFIXES and "__pycache__" not in file.parts)
    return sorted(file for file in found if file.is_file())


def stamp(outputs: Iterable[Path]) -> dict[str, list[int]] | None:
    """Return size and time of every output file, or None where one is missing or empty."""
    stamps: dict[str, list[int]] = {}
    for output in outputs:
        files = [output] if output.is_file() else sorted(file for file in output.rglob("*") if file.is_file())
        if not files:
            return None
        for file in files:
            status = file.stat()
            stamps[str(file)] = [status.st_size, status.st_mtime_ns]
    return stamps


class StepRecord(TypedDict, total=False):
    """Record of a step: `started`, the hash of its inputs, until it is done; then this hash and its outputs' stamps."""

    started: str
    inputs: str
    outputs: dict[str, list[int]] | None


class State:
    """Record on disk, written atomically after every step, so that it survives a kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._steps: dict[str, StepRecord] = self._read()

    def _read(self) -> dict[str, StepRecord]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # never run, or torn by an old crash: both mean that nothing is known
            return {}
        return cast(dict[str, StepRecord], content) if isinstance(content, dict) else {}

    def is_done(self, step: Step) -> bool:
        """Return whether the step ran with exactly these inputs and its outputs are unchanged."""
        record = self._steps.get(step.name)
        if not isinstance(record, dict) or record.get("inputs") != fingerprint(step):
            return False
        return record.get("outputs") == stamp(step.outputs)

    def has_inputs(self, step: Step) -> bool:
        """Return whether the step last ran with these inputs, regardless of its outputs."""
        record = self._steps.get(step.name)
        return isinstance(record, dict) and record.get("inputs") == fingerprint(step)

    def begin(self, step: Step) -> None:
        """Record that the step was started; remains of other inputs in its folder are removed."""
        inputs = fingerprint(step)
        is_cut_short = self._steps.get(step.name) == {"started": inputs}
        if step.resumes_in is not None and not is_cut_short:
            shutil.rmtree(step.resumes_in, ignore_errors=True)
        self._steps[step.name] = {"started": inputs}
        self._write()

    def mark_done(self, step: Step) -> None:
        """Record the step as done; outputs that grow later (a live database) are not listed."""
        self._steps[step.name] = {"inputs": fingerprint(step), "outputs": stamp(step.outputs)}
        self._write()

    def _write(self) -> None:
        with write_text_whole(self.path) as file:
            json.dump(self._steps, file, indent=1)

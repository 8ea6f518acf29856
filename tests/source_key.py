"""Keys of what tests keep between runs: hashes of the files that a program runs, found from its imports."""

import hashlib
from collections.abc import Iterable
from modulefinder import ModuleFinder
from pathlib import Path


def imported_files(root: Path, module: str) -> set[Path]:
    """Return the file of a module of the project and those of all that it imports, in functions too.

    Only modules below `root` count: requirements.txt pins the others.
    """
    finder = ModuleFinder(path=[str(root)])
    finder.import_hook(module)
    return {Path(found.__file__) for found in finder.modules.values() if found.__file__}


def key_of(root: Path, files: Iterable[Path]) -> str:
    """Return 16 hex digits of SHA-256 over the names and contents of files."""
    digest = hashlib.sha256()
    for path in sorted(files):
        name = path.relative_to(root) if path.is_relative_to(root) else path.name
        digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]

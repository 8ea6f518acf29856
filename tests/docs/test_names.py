"""Every file, module and command that the documents and the code's own docs name exists."""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kernel", "encoders", "scraper", "trainer", "exporter", "server", "demo", "benchmarks", "tests")
FOLDERS = (*ROOMS, "contracts", "docs", "extension")
NOT_OURS = {".git", ".venv", "node_modules", "var", "vendor", "__pycache__"}
DOCUMENTS = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "extension/README.md", "docs/*.md", "docs/*/*.md")
ELSEWHERE = {"Node.js", "Next.js", "cart.js", "extension/vendor"}  # other projects' names, and what a build makes

PATH = re.compile(rf"(?<![\w./~-])(?:{'|'.join(FOLDERS)})/[\w./*-]*[\w*]")
FILE = re.compile(r"(?<![\w./{}*<>-])(?:[\w-]+/)*[\w-]+\.(?:py|js|mjs|md|sql|yaml)\b(?![\w/-])")
MODULE = re.compile(rf"(?<![\w./@:-])(?:{'|'.join(ROOMS)})(?:\.[A-Za-z_]\w*)+(?![\w/(-]|\.\w)")
COMMAND = re.compile(r"python3? -m ([\w.]+)((?: [a-z][\w-]*)?)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.S)
MAKE = re.compile(r"(?<![\w-])make ([a-z][\w-]*)")
NPM = re.compile(r"npm run (?:--silent )?([\w:-]+)")


@cache
def files() -> frozenset[str]:
    """Return the project's files, relative to its root."""
    return frozenset(
        path.relative_to(ROOT).as_posix()
        for top in ROOT.iterdir()
        if top.name not in NOT_OURS
        for path in ([top] if top.is_file() else top.rglob("*"))
        if path.is_file() and not NOT_OURS & set(path.parts[len(ROOT.parts) :])
    )


@cache
def folders() -> frozenset[str]:
    """Return the folders of those files."""
    return frozenset(parent.as_posix() for name in files() for parent in Path(name).parents)


@cache
def commands(room: str) -> frozenset[str]:
    """Return the names that a room's command line knows as commands."""
    sources = [(ROOT / name).read_text() for name in files() if name.startswith(f"{room}/") and name.endswith(".py")]
    return frozenset(re.findall(r"""(?:add_parser\(|COMMANDS?\b.*?)\s*["']([\w-]+)["']""", "\n".join(sources)))


@cache
def targets() -> frozenset[str]:
    """Return the targets of the Makefile, those of each room included."""
    makefile = (ROOT / "Makefile").read_text()
    rooms = re.findall(r"^ROOMS := (.*)", makefile, re.M)[0].split()
    return frozenset([*re.findall(r"^([a-z][\w-]*):", makefile, re.M), *(f"test-{room}" for room in rooms)])


def is_path(name: str) -> bool:
    """Tell whether a file or folder of the project has this path, or a pattern with * finds one."""
    name = name.rstrip("/.")
    if name in files() or name in folders() or any(name.startswith(known) for known in ELSEWHERE):
        return True
    if all(part in FOLDERS for part in name.split("/")):  # "scraper/server" means the one or the other
        return True
    return "*" in name and any(True for _ in ROOT.glob(name))


def is_file(name: str) -> bool:
    """Tell whether some file of the project ends with this path."""
    return name in ELSEWHERE or any(known == name or known.endswith(f"/{name}") for known in files())


def is_module(name: str) -> bool:
    """Tell whether this is a module, or a name that a module defines or imports."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:count])
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if count == len(parts) and path.is_dir():
            return True
        if source.is_file():
            return count == len(parts) or bool(re.search(rf"\b{re.escape(parts[count])}\b", source.read_text()))
    return False


def is_command(module: str, command: str) -> bool:
    """Tell whether `python -m MODULE COMMAND` can be typed; modules of other projects are."""
    room = module.partition(".")[0]
    if room not in ROOMS:
        return True
    path = ROOT.joinpath(*module.split("."))
    if not (path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()):
        return False
    return module != room or not command or room in ("benchmarks", "tests") or command in commands(room)


def unknown_names(text: str) -> list[str]:
    """Return the files, modules and commands in a text that the project does not have."""
    unknown = [name for name in PATH.findall(text) if not is_path(name)]
    unknown += [name for name in FILE.findall(text) if not is_file(name)]
    unknown += [name for name in MODULE.findall(text) if not is_file(name) and not is_module(name)]
    unknown += [f"python -m {m}{c}" for m, c in COMMAND.findall(text) if not is_command(m, c.strip())]
    scripts = json.loads((ROOT / "package.json").read_text())["scripts"]
    unknown += [f"npm run {name}" for name in NPM.findall(text) if name not in scripts]
    made = [name for code in CODE.findall(text) for name in MAKE.findall(code)]
    unknown += [f"make {name}" for name in made if name not in targets()]
    return sorted({name for name in unknown if "NAME" not in name})  # which is for the reader to fill in


def python_prose(source: str) -> Iterator[str]:
    """Yield the docstrings and comments of a Python file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def javascript_prose(source: str) -> Iterator[str]:
    """Yield the comments of a JavaScript file; a // inside of a string's address is none."""
    yield from re.findall(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", source, re.S)


def prose(name: str) -> str:
    """Return what a file says to its readers."""
    source = (ROOT / name).read_text()
    if name.endswith(".py"):
        return "\n".join(python_prose(source))
    return "\n".join(javascript_prose(source)) if name.endswith((".js", ".mjs")) else source


@pytest.mark.parametrize("name", sorted(str(p.relative_to(ROOT)) for glob in DOCUMENTS for p in ROOT.glob(glob)))
def test_document_names_only_what_exists(name: str) -> None:
    assert unknown_names(prose(name)) == []


@pytest.mark.parametrize("room", [*ROOMS, "extension"])
def test_docs_of_the_code_name_only_what_exists(room: str) -> None:
    suffixes = (".py", ".js", ".mjs")
    sources = sorted(name for name in files() if name.startswith(f"{room}/") and name.endswith(suffixes))
    found = {name: unknown for name in sources if (unknown := unknown_names(prose(name)))}
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        "see `extension/bundle.js`",
        "see scraper/attic/",
        "as in attic_of_things.py",
        "docs/nowhere.md",
        "trainer.attic.run decides",
        "trainer.runs.train.no_such_name",
        "python -m trainer fly",
        "python -m benchmarks.attic",
        "`make castles`",
        "npm run castles",
    ],
)
def test_planted_name_is_found(planted: str) -> None:
    assert len(unknown_names(planted)) >= 1


def test_names_that_exist_are_not_found() -> None:
    text = "extension/core/, scraper/errors.py, errors.py, trainer.runs.train.train, `make test`, npm run vendor"
    assert unknown_names(f"{text}, python -m trainer prepare, python -m pip install") == []

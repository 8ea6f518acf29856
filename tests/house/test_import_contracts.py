"""Import contracts of pyproject.toml: each one goes red when a forbidden import is planted in a copy of the tree."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS: Mapping[str, Mapping[str, Any]] = {contract["id"]: contract for contract in SETTINGS["contracts"]}

# (contract, importing module, imported module); the layers' faults are derived in `layer_faults`.
FAULTS = (
    *[("rooms", room, other) for room in ("scraper", "server", "trainer") for other in ("exporter", "demo")],
    ("rooms", "scraper.crawl.run", "trainer.errors"),
    ("rooms", "scraper.crawl.run", "server.errors"),
    ("rooms", "server.http.app", "trainer.errors"),
    ("rooms", "server.http.app", "scraper.errors"),
    ("rooms", "trainer.runs.train", "scraper.errors"),
    ("rooms", "trainer.runs.train", "server.errors"),
    ("rooms", "exporter.parity", "demo.errors"),
    ("rooms", "kernel.files", "scraper.errors"),
    ("rooms", "kernel.files", "trainer.errors"),
    ("rooms", "demo.errors", "benchmarks.record"),
    ("rooms", "benchmarks.record", "tests.count"),
    ("rooms", "server.settings", "tests.count"),
    ("exporter", "exporter.parity", "trainer.runs.tune"),
    ("exporter", "exporter.parity", "scraper.errors"),
    ("exporter", "exporter.parity", "server.errors"),
    ("exporter", "exporter.errors", "trainer.config.run"),
    ("rooms", "kernel.files", "encoders.errors"),
    ("rooms", "encoders.encoder", "server.errors"),
    ("encoders", "encoders.encoder", "torch"),
    ("encoders", "encoders.encoder", "flask"),
    ("scraper", "scraper.values.text", "encoders.errors"),
    ("kernel", "kernel.files", "torch"),
    ("kernel", "kernel.files", "flask"),
    ("scraper", "scraper.values.text", "torch"),
    ("scraper", "scraper.values.text", "flask"),
    ("server", "server.search.index", "torch"),
    ("server", "server.search.index", "transformers"),
    ("no-flask", "trainer.runs.train", "flask"),
    ("no-flask", "exporter.parity", "flask"),
    ("towers", "trainer.towers.content", "numpy"),
    ("towers", "trainer.towers.content", "trainer.checkpoint"),
)
FORMS = {
    "at the top": "import {}",
    "in a function": "def _planted():\n    import {}",
    "for types only": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {}",
}


def layer_faults() -> Iterator[tuple[str, str, str]]:
    """Yield an import of the layer above, and of a neighbour kept apart, for each layer of each room."""
    for name, contract in CONTRACTS.items():
        for container in contract.get("containers", ()):
            rows = [[f"{container}.{module}" for module in re.split(r" [|:] ", row)] for row in contract["layers"]]
            for above, row in pairwise(rows):
                yield from ((name, module, above[0]) for module in row)
            yield from ((name, first, second) for row in rows for first, second in pairwise(row))


def copy_of_the_tree(target: Path) -> Path:
    """Copy the Python files of the roots and pyproject.toml to `target`."""
    for room in SETTINGS["root_packages"]:
        shutil.copytree(
            ROOT / room,
            target / room,
            ignore=lambda folder, names: [
                name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()
            ],
        )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def plant(tree: Path, importer: str, imported: str, form: str = "in a function") -> None:
    """Append an import of `imported` to the module `importer` of the copy."""
    path = tree / importer.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with path.open("a") as file:
        file.write(f"\n\n{FORMS[form].format(imported)}\n")


def lint(tree: Path) -> str:
    """Return import-linter's report on the tree, its lines unwrapped."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(
        command, cwd=tree, env={"COLUMNS": "1000", "PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report on a copy that holds every fault."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("planted"))
    for _, importer, imported in (*FAULTS, *layer_faults()):
        plant(tree, importer, imported)
    return lint(tree)


def section(report: str, contract: str) -> str:
    """Return what the report lists below one broken contract, without line numbers."""
    _, _, details = report.partition("Broken contracts\n")
    found = re.search(
        rf"^{re.escape(CONTRACTS[contract]['name'])}\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", details, re.M | re.S
    )
    return found[1] if found else ""


def test_clean_copy_keeps_every_contract(tmp_path: Path) -> None:
    report = lint(copy_of_the_tree(tmp_path))
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in report, report


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_is_broken_by_its_faults(planted: str, contract: str) -> None:
    faults = [(importer, imported) for name, importer, imported in (*FAULTS, *layer_faults()) if name == contract]
    assert faults, f"{contract}: plant a fault for it in FAULTS"
    found = section(planted, contract)
    missed = [
        f"{importer} -> {imported}" for importer, imported in faults if f"{importer} -> {imported} (l." not in found
    ]
    assert not missed, f"{contract}: not reported: {missed}\n{found}"


@pytest.mark.parametrize("form", FORMS)
def test_exporter_importing_a_training_run_is_refused(tmp_path: Path, form: str) -> None:
    tree = copy_of_the_tree(tmp_path)
    plant(tree, "exporter.parity", "trainer.runs.tune", form)
    assert "exporter.parity -> trainer.runs.tune" in section(lint(tree), "exporter")


def test_new_folder_without_a_layer_is_refused(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    for room in ("trainer", "scraper", "server", "demo", "benchmarks"):
        (tree / room / "attic.py").write_text("")
    report = lint(tree)
    for room, contract in (("trainer", "trainer-layers"), ("demo", "demo-layers"), ("benchmarks", "benchmark-layers")):
        assert f"{room}.attic" in section(report, contract)


def test_import_linter_sees_every_python_file() -> None:
    files = {path for room in SETTINGS["root_packages"] for path in (ROOT / room).rglob("*.py")}
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files}
    seen = grimp.build_graph(*SETTINGS["root_packages"], cache_dir=None).modules
    assert names <= seen, f"in no import contract: {sorted(names - seen)}"


def imported_by_name(source: str) -> Iterator[str]:
    """Yield the literal beginnings of names given to import_module, __import__ and find_spec."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in ("import_module", "__import__", "find_spec"):
            name = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            if isinstance(name, ast.Constant):
                yield str(name.value)


def test_import_module_names_no_other_room() -> None:
    """import-linter reads import statements only, so a name in a string would pass it."""
    assert list(imported_by_name('importlib.import_module(f"trainer.{name}")')) == ["trainer."]
    rooms = set(SETTINGS["root_packages"])
    for room in rooms - {"tests", "benchmarks"}:
        for path in (ROOT / room).rglob("*.py"):
            named = {name.partition(".")[0] for name in imported_by_name(path.read_text())}
            assert not named & (rooms - {room}), f"{path.relative_to(ROOT)} imports {sorted(named)} by name"

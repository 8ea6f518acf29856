"""The steps of the demo, in order: encoders, extension, crawls, catalogue, packs, try page; and what they share."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from demo.mall.catalogue import SHOPS
from demo.runner.processes import Program
from demo.runner.state import Step
from demo.try_page.site_folder import ROOMS, SITE

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Ports of all programs."""

    home: int = 8700
    mall: tuple[int, int, int] = (8701, 8702, 8703)
    server: int = 8710

    def named(self) -> dict[int, str]:
        """Return the purpose of each port."""
        return {self.home: "the try page", **dict(zip(self.mall, SHOPS, strict=True)), self.server: "the server"}


@dataclass
class Run:
    """State of one start of the demo: its folders and its running programs."""

    var: Path
    seed: int
    ports: Ports
    say: Callable[[str], None]
    is_terminal: bool = False
    programs: list[Program] = field(default_factory=list)

    def start(self, name: str, command: tuple[str, ...]) -> Program:
        """Start a program; it is stopped with all others."""
        program = Program(name, command, self.var / "demo" / "logs" / f"{name}.log", ROOT)
        self.programs.append(program)
        return program


def python_command(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module with this interpreter."""
    return (sys.executable, "-u", "-m", *arguments)


def _contracts() -> list[Path]:
    """Return the contracts that programs read, without the shared test cases, which do not affect a build."""
    return sorted((ROOT / "contracts").glob("*.json"))


def bundle_step(run: Run) -> Step:
    """Return the step that exports the encoders."""
    out = run.var / "bundles" / "lite"
    sources = (
        ROOT / "exporter",
        ROOT / "kernel",
        ROOT / "trainer" / "pretrained",
        ROOT / "trainer" / "towers",
        *_contracts(),
        ROOT / "requirements.txt",
    )
    return Step(
        "bundle", "Export the encoders to ONNX", python_command("exporter", "lite", "--out", str(out)), sources, (out,)
    )


def extension_step(run: Run) -> Step:
    """Return the step that puts the bundle into the extension's folder, which then ranks without a server."""
    bundle = run.var / "bundles" / "lite"
    command = ("node", str(ROOT / "extension" / "build" / "package.js"), "--bundle", str(bundle), "--unpacked")
    return Step(
        "extension",
        "Put the encoders into the extension",
        command,
        (bundle / "manifest.json",),
        (ROOT / "extension" / "bundle",),
    )


def crawl_step(run: Run, shop: str, port: int) -> Step:
    """Return the step that crawls one shop."""
    out = run.var / "crawl" / shop
    host = f"{shop}.localhost"
    # Pages, not the two shops' feeds: only pages tell ratings, reviews and all attributes, as the extension reads them.
    command = python_command(
        "scraper", "crawl", f"http://{host}:{port}/", "--out", str(out), "--rate", "500", "--feeds", "off",
        "--resolve", f"{host}:{HOST}",
    )  # fmt: skip
    catalogue = tuple(
        ROOT / "demo" / "mall" / name for name in ("catalogue.py", "tastes.py", "vocabulary.py", "shops", "drawings")
    )
    sources = (ROOT / "scraper", ROOT / "kernel", *_contracts(), ROOT / "requirements.txt", *catalogue)
    # The seed is not an argument of the crawl but decides its result: the fingerprint takes it from the step's name.
    return Step(f"crawl-{shop}-{run.seed}", f"Read {host}", command, sources, (out / "products.jsonl",), resumes_in=out)


def ingest_step(run: Run, shop: str) -> Step:
    """Return the step that puts one shop's products into the catalogue."""
    products, bundle = run.var / "crawl" / shop / "products.jsonl", run.var / "bundles" / "lite"
    data, host = run.var / "server", f"{shop}.localhost"
    command = python_command(
        "server",
        "ingest",
        str(products),
        "--prune",
        "--bundle",
        str(bundle),
        "--data",
        str(data),
        "--resolve",
        f"{host}:{HOST}",
    )
    sources = (products, bundle / "manifest.json", *_contracts())
    return Step(f"ingest-{shop}", f"Embed and index {host}", command, sources, ())


def packs_step(run: Run) -> Step:
    """Return the step that writes the shops' packs, which the try page ranks from."""
    out, bundle = run.var / "packs", run.var / "bundles" / "lite"
    names = [f"{shop}.localhost" for shop in SHOPS]
    command = python_command(
        "server", "pack", *names, "--out", str(out), "--bundle", str(bundle), "--data", str(run.var / "server")
    )
    products = [run.var / "crawl" / shop / "products.jsonl" for shop in SHOPS]
    sources = (*products, bundle / "manifest.json", ROOT / "server" / "packs", *_contracts())
    return Step("packs", "Write the shops' packs", command, sources, (out / "list.json",))


def site_step(run: Run) -> Step:
    """Return the step that writes the try page's folder; it runs in this process."""
    inputs = (run.var / "packs" / "list.json", SITE, ROOT / "extension" / "bundle" / "manifest.json")
    rooms = tuple(ROOT / "extension" / room for room in ROOMS)
    return Step("site", "Write the try page", (), (*inputs, *rooms), (run.var / "site",))

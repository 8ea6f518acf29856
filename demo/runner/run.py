"""The command `run`: performs unfinished steps, starts all programs and prints their addresses."""

import errno
import http.client
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from demo.errors import DemoError, NoSpaceError, StepFailedError
from demo.mall.catalogue import SHOPS
from demo.mall.server import is_port_free
from demo.runner.processes import Program, failure, stop_all, wait_until
from demo.runner.state import State, Step
from demo.try_page.server import Home

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
NEEDED_MB_FIRST, NEEDED_MB_LATER = 700, 50
RETRY = "Finished steps are kept; run the same command again to resume."
START_SECONDS = 60.0


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


def run_everything(var: Path, seed: int, ports: Ports, say: Callable[[str], None]) -> None:
    """Start everything and serve until Ctrl-C or SIGTERM; then stop every started program."""
    run = Run(var.resolve(), seed, ports, say, sys.stderr.isatty())
    began = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):  # started by a script in the background, SIGINT would be ignored
        signal.signal(number, _interrupt)
    _check_beforehand(run)
    try:
        home = _bring_up(run)
        threading.Thread(target=home.serve_forever, daemon=True).start()
        say(_welcome(run, time.monotonic() - began))
        _watch(run)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NoSpaceError(f"The disk ran full while writing under {run.var}. Free some space. {RETRY}") from error
        raise
    finally:
        # A second Ctrl-C while stopping must not leave programs behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop_all(run.programs)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _check_beforehand(run: Run) -> None:
    for port, purpose in run.ports.named().items():
        if not is_port_free(HOST, port):
            raise DemoError(
                f"Port {port}, wanted for {purpose}, is already in use; "
                "stop the program that has it (perhaps an earlier `make run`) and start again."
            )
    if shutil.which("node") is None:
        raise DemoError("Node.js was not found; install Node.js 20 or newer with npm and start again.")
    if not (ROOT / "extension" / "vendor" / "tldts.mjs").is_file():
        raise DemoError("extension/vendor/ is not filled yet; run `npm ci && npm run vendor` and start again.")
    run.var.mkdir(parents=True, exist_ok=True)
    needed = NEEDED_MB_LATER if (run.var / "demo" / "state.json").is_file() else NEEDED_MB_FIRST
    free = shutil.disk_usage(run.var).free // 1_000_000
    if free < needed:
        raise NoSpaceError(f"Not enough disk space under {run.var}: {needed} MB are needed, {free} MB are free.")


def _python(*arguments: str) -> tuple[str, ...]:
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
        "bundle", "Export the encoders to ONNX", _python("exporter", "lite", "--out", str(out)), sources, (out,)
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
    command = _python(
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
    command = _python(
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


def _bring_up(run: Run) -> Home:
    state = State(run.var / "demo" / "state.json")
    shops = dict(zip(SHOPS, run.ports.mall, strict=True))
    mall_ports = ",".join(map(str, run.ports.mall))
    mall = run.start("mall", _python("demo", "mall", "--ports", mall_ports, "--seed", str(run.seed)))
    ingests = {shop: ingest_step(run, shop) for shop in SHOPS}
    first = [
        step
        for step in (bundle_step(run), *(crawl_step(run, *pair) for pair in shops.items()))
        if not _is_done(run, state, step)
    ]
    has_catalogue = (run.var / "server" / "catalogue.sqlite").is_file()
    server = None
    if not first and has_catalogue and all(state.has_inputs(step) for step in ingests.values()):
        server = _start_server(run)
        run.say("Everything is already built; starting it.")
    _require(mall, lambda: all(not is_port_free(HOST, port) for port in run.ports.mall), "The mall")
    _do(run, state, first)
    if not state.is_done(extension_step(run)):
        _do(run, state, [extension_step(run)])
    for step in ingests.values():
        if not (has_catalogue and state.has_inputs(step)):
            _do(run, state, [step])
    server = server or _start_server(run)
    _require(server, lambda: _is_ready(run.ports.server), "The server")
    for shop in _missing_shops(run):
        _do(run, state, [ingests[shop]])
    origin = f"http://{HOST}:{run.ports.server}"
    return Home(HOST, run.ports.home, ROOT / "extension", run.var / "crawl", shops, origin)


def _is_done(run: Run, state: State, step: Step) -> bool:
    """Return whether a step need not run; a touched bundle is verified instead of exported again."""
    if state.is_done(step):
        return True
    if step.name != "bundle" or not state.has_inputs(step) or not step.outputs[0].is_dir():
        return False
    check = run.start("verify", _python("exporter", "verify", str(step.outputs[0])))
    if check.process.wait() != 0:
        return False
    state.mark_done(step)
    return True


def _start_server(run: Run) -> Program:
    origins = [part for host in (HOST, "localhost") for part in ("--allow-origin", f"http://{host}:{run.ports.home}")]
    data, bundle = run.var / "server", run.var / "bundles" / "lite"
    return run.start(
        "server",
        _python(
            "server", "run", "--data", str(data), "--bundle", str(bundle), "--port", str(run.ports.server), *origins
        ),
    )


def _require(program: Program, is_ready: Callable[[], bool], title: str) -> None:
    if wait_until(is_ready, program, START_SECONDS):
        return
    if program.process.poll() is None:
        raise StepFailedError(f"{title} did not answer within {START_SECONDS:.0f} s; see {program.log}. {RETRY}")
    raise failure(program, title, RETRY)


def _do(run: Run, state: State, steps: list[Step]) -> None:
    """Run the steps in parallel and record each when it ends; the first failure stops the others."""
    for step in steps:
        state.begin(step)
    running = {run.start(step.name, step.command): step for step in steps}
    for step in steps:
        run.say(f"  … {step.title}")
    while running:
        for program, step in list(running.items()):
            code = program.process.poll()
            if code is None:
                continue
            del running[program]
            if code != 0:
                stop_all(list(running))
                raise failure(program, step.title, RETRY)
            state.mark_done(step)
            _clear_line(run)
            run.say(f"  ✓ {step.title} ({program.seconds:.1f} s)")
        _show_progress(run, list(running))
        time.sleep(0.1)


def _show_progress(run: Run, running: list[Program]) -> None:
    """On a terminal, keep one line with the elapsed seconds and the newest output of the slowest step."""
    if not run.is_terminal or not running:
        return
    oldest = max(running, key=lambda program: program.seconds)
    words = " ".join(oldest.tail(1))
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write("\r\033[K" + f"    {oldest.seconds:4.0f} s  {words}"[:width])
    sys.stderr.flush()


def _clear_line(run: Run) -> None:
    if run.is_terminal:
        sys.stderr.write("\r\033[K")


def _ask(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _is_ready(port: int) -> bool:
    try:
        return all(_ask(port, path)[0] == 200 for path in ("/readyz", "/v1/shops"))
    except (OSError, http.client.HTTPException):  # not listening yet
        return False


def _missing_shops(run: Run) -> list[str]:
    """Return shops that the server lacks although their products were ingested: its folder was emptied."""
    known = {entry["shop"] for entry in json.loads(_ask(run.ports.server, "/v1/shops")[1])["shops"] if entry["items"]}
    return [shop for shop in SHOPS if f"{shop}.localhost" not in known]


def _welcome(run: Run, seconds: float) -> str:
    shops = "  ".join(f"http://{shop}.localhost:{port}/" for shop, port in zip(SHOPS, run.ports.mall, strict=True))
    return (
        f"\nReady in {seconds:.1f} s.\n\n"
        f"  Try it:       http://{HOST}:{run.ports.home}/\n"
        f"  The shops:    {shops}\n"
        f"  Extension:    load {ROOT / 'extension'} unpacked\n"
        "                Chromium: chrome://extensions, Developer mode, Load unpacked\n"
        "                Firefox:  about:debugging, This Firefox, Load Temporary Add-on, manifest.json\n"
        "                It ranks by itself. For whole catalogues: its Options, Advanced, "
        f"http://{HOST}:{run.ports.server}\n"
        "\nCtrl-C stops everything."
    )


def _watch(run: Run) -> None:
    """Wait for Ctrl-C; a program that ends by itself is a failure."""
    lasting = [program for program in run.programs if program.name in ("mall", "server")]
    try:
        while True:
            for program in lasting:
                if program.process.poll() is not None:
                    raise failure(program, f"The {program.name} stopped by itself and", RETRY)
            time.sleep(0.3)
    except KeyboardInterrupt:
        run.say("\nStopping.")

"""The command `run`: performs unfinished steps, starts all programs and prints their addresses."""

import errno
import http.client
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.errors import DemoError, NoSpaceError, StepFailedError
from demo.mall.catalogue import SHOPS
from demo.mall.server import is_port_free
from demo.runner.processes import Program, failure, stop_all, wait_until
from demo.runner.state import State, Step
from demo.runner.steps import (
    HOST,
    ROOT,
    Ports,
    Run,
    bundle_step,
    crawl_step,
    extension_step,
    ingest_step,
    packs_step,
    python_command,
    site_step,
)
from demo.try_page.server import Home
from demo.try_page.site_folder import Sources, write_site

NEEDED_MB_FIRST, NEEDED_MB_LATER = 700, 50
RETRY = "Finished steps are kept; run the same command again to resume."
START_SECONDS = 60.0


def run_everything(var: Path, seed: int, ports: Ports, say: Callable[[str], None]) -> None:
    """Start everything and serve until Ctrl-C or SIGTERM; then stop every started program."""
    run = Run(var.resolve(), seed, ports, say, sys.stderr.isatty())
    began = time.monotonic()
    with _all_stopped(run, ports.named()):
        home = _bring_up(run)
        threading.Thread(target=home.serve_forever, daemon=True).start()
        say(_welcome(run, time.monotonic() - began))
        _watch(run)


@contextmanager
def _all_stopped(run: Run, purposes: Mapping[int, str]) -> Iterator[None]:
    """Check what programs need, and stop all of them when the block ends, however it does."""
    for number in (signal.SIGINT, signal.SIGTERM):  # started by a script in the background, SIGINT would be ignored
        signal.signal(number, _interrupt)
    _check_beforehand(run, purposes)
    try:
        yield
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


def _check_beforehand(run: Run, purposes: Mapping[int, str]) -> None:
    for port, purpose in purposes.items():
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


def _write_site(run: Run, state: State) -> None:
    step = site_step(run)
    state.begin(step)
    began = time.monotonic()
    ports = dict(zip(SHOPS, run.ports.mall, strict=True))
    sources = Sources(ROOT / "extension", ROOT / "extension" / "bundle", run.var / "crawl", run.var / "packs", ports)
    write_site(run.var / "site", sources, run.say)
    state.mark_done(step)
    run.say(f"  ✓ {step.title} ({time.monotonic() - began:.1f} s)")


def _start_mall(run: Run) -> Program:
    mall_ports = ",".join(map(str, run.ports.mall))
    return run.start("mall", python_command("demo", "mall", "--ports", mall_ports, "--seed", str(run.seed)))


def _bring_up(run: Run) -> Home:
    state = State(run.var / "demo" / "state.json")
    shops = dict(zip(SHOPS, run.ports.mall, strict=True))
    mall = _start_mall(run)
    server = None
    if not _unfinished(run, state):
        server = _start_server(run)
        run.say("Everything is already built; starting it.")
    _build(run, state, mall)
    server = server or _start_server(run)
    _require(server, lambda: _is_ready(run.ports.server), "The server")
    for shop in _missing_shops(run):
        _do(run, state, [ingest_step(run, shop)])
    _finish_site(run, state)
    return Home(HOST, run.ports.home, run.var / "site", ROOT / "extension", shops)


def _unfinished(run: Run, state: State) -> list[Step]:
    """Return the steps up to the catalogue that are still to be done."""
    crawls = (crawl_step(run, *pair) for pair in zip(SHOPS, run.ports.mall, strict=True))
    first = [step for step in (bundle_step(run), *crawls) if not _is_done(run, state, step)]
    has_catalogue = (run.var / "server" / "catalogue.sqlite").is_file()
    ingests = [ingest_step(run, shop) for shop in SHOPS]
    return first + [step for step in ingests if first or not (has_catalogue and state.has_inputs(step))]


def _build(run: Run, state: State, mall: Program) -> None:
    """Do every unfinished step up to the catalogue."""
    unfinished = _unfinished(run, state)
    _require(mall, lambda: all(not is_port_free(HOST, port) for port in run.ports.mall), "The mall")
    _do(run, state, [step for step in unfinished if not step.name.startswith("ingest-")])
    if not state.is_done(extension_step(run)):
        _do(run, state, [extension_step(run)])
    for step in unfinished:
        # What was read again may be the same as before.
        if step.name.startswith("ingest-") and not state.has_inputs(step):
            _do(run, state, [step])


def _finish_site(run: Run, state: State) -> None:
    """Write the packs and the try page's folder where they are not of the present catalogue."""
    if not state.is_done(packs_step(run)):
        _do(run, state, [packs_step(run)])
    if not state.is_done(site_step(run)):
        _write_site(run, state)


def build_site(var: Path, seed: int, ports: Ports, say: Callable[[str], None]) -> None:
    """Write the try page as plain files to `site` in `var`, with every step before it; nothing keeps running."""
    run = Run(var.resolve(), seed, ports, say, sys.stderr.isatty())
    purposes = dict(zip(ports.mall, SHOPS, strict=True))
    with _all_stopped(run, purposes):
        state = State(run.var / "demo" / "state.json")
        _build(run, state, _start_mall(run))
        _finish_site(run, state)
    say(
        f"\nThe site is in {run.var / 'site'}; any static host serves it. To try it:\n"
        f"  python -m http.server --bind 127.0.0.1 --directory {run.var / 'site'} 8780"
    )


def _is_done(run: Run, state: State, step: Step) -> bool:
    """Return whether a step need not run; a touched bundle is verified instead of exported again."""
    if state.is_done(step):
        return True
    if step.name != "bundle" or not state.has_inputs(step) or not step.outputs[0].is_dir():
        return False
    check = run.start("verify", python_command("exporter", "verify", str(step.outputs[0])))
    if check.process.wait() != 0:
        return False
    state.mark_done(step)
    return True


def _start_server(run: Run) -> Program:
    origins = [part for host in (HOST, "localhost") for part in ("--allow-origin", f"http://{host}:{run.ports.home}")]
    data, bundle = run.var / "server", run.var / "bundles" / "lite"
    return run.start(
        "server",
        python_command(
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

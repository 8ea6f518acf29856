"""`demo run`: it says in one sentence what is in its way, stops what it started, and skips what is done."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from demo.errors import DemoError, NoSpaceError, StepFailedError
from demo.runner import run as run_module
from demo.runner.processes import Program, failure, stop_all, wait_until
from demo.runner.run import _check_beforehand, _do, build_site, run_everything
from demo.runner.state import State, Step
from demo.runner.steps import (
    Ports,
    Run,
    bundle_step,
    crawl_step,
    extension_step,
    ingest_step,
    packs_step,
    site_step,
)
from tests.ports import free_ports

ROOT = Path(__file__).parents[3]


@pytest.fixture
def ports() -> Ports:
    home, *mall, server = free_ports(5)
    return Ports(home, (mall[0], mall[1], mall[2]), server)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def run(tmp_path: Path, ports: Ports, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a run in an empty folder; the extension's vendored files may be absent where npm was not run."""
    (tmp_path / "root" / "extension" / "vendor").mkdir(parents=True)
    (tmp_path / "root" / "extension" / "vendor" / "tldts.mjs").write_text("export {}")
    monkeypatch.setattr(run_module, "ROOT", tmp_path / "root")
    return Run(tmp_path / "var", 7, ports, said.append)


def _script(code: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-c", code)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_taken_port_is_named_with_its_purpose(run: Run) -> None:
    with socket.create_server(("127.0.0.1", run.ports.server)), pytest.raises(DemoError) as raised:
        _check_beforehand(run, run.ports.named())
    text = str(raised.value)
    assert f"Port {run.ports.server}" in text and "the server" in text and "stop the program" in text
    assert "\n" not in text


def test_the_command_ends_with_1_and_one_line_where_a_port_is_taken(tmp_path: Path) -> None:
    """8700 is held by the test, or by a demo that runs right now: either way it is taken."""
    try:
        holder = socket.create_server(("127.0.0.1", 8700))
    except OSError:
        holder = socket.socket()
    with holder:
        done = subprocess.run(
            [sys.executable, "-m", "demo", "run", "--var", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "Port 8700" in done.stderr


def test_too_little_space_names_what_is_needed_and_what_is_free(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil._ntuple_diskusage(10**12, 10**12 - 123_000_000, 123_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(NoSpaceError, match=f"{run_module.NEEDED_MB_FIRST} MB are needed, 123 MB are free"):
        _check_beforehand(run, run.ports.named())


def test_a_disk_that_fills_up_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Run) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(run_module, "_bring_up", full)
    try:
        with pytest.raises(NoSpaceError, match="ran full") as raised:
            run_everything(run.var, run.seed, run.ports, run.say)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert "\n" not in str(raised.value)


def test_an_unfilled_vendor_folder_says_which_command_fills_it(run: Run) -> None:
    (run_module.ROOT / "extension" / "vendor" / "tldts.mjs").unlink()
    with pytest.raises(DemoError, match="npm run vendor"):
        _check_beforehand(run, run.ports.named())


def test_a_failed_step_shows_its_last_lines_and_stops_its_companions(run: Run) -> None:
    state = State(run.var / "state.json")
    bad = Step("bad", "Break", _script("print('first'); print('the reason'); raise SystemExit(3)"), (), ())
    slow = Step("slow", "Sleep", _script("import time; time.sleep(60)"), (), ())
    with pytest.raises(StepFailedError) as raised:
        _do(run, state, [bad, slow])
    text = str(raised.value)
    assert "Break failed (exit code 3)" in text and "the reason" in text and "run the same command again" in text
    assert all(program.process.poll() is not None for program in run.programs)
    assert not state.is_done(bad) and not state.is_done(slow)


def test_steps_that_ended_are_remembered_although_a_later_one_failed(run: Run, tmp_path: Path) -> None:
    state = State(run.var / "state.json")
    out = tmp_path / "made.txt"
    good = Step("good", "Make", _script(f"open({str(out)!r}, 'w').write('x')"), (), (out,))
    _do(run, state, [good])
    with pytest.raises(StepFailedError):
        _do(run, state, [Step("bad", "Break", _script("raise SystemExit(1)"), (), ())])
    assert State(run.var / "state.json").is_done(good)


def test_progress_names_each_step_as_it_starts_and_ends(run: Run, said: list[str]) -> None:
    _do(run, State(run.var / "state.json"), [Step("a", "Do a thing", _script("pass"), (), ())])
    assert "Do a thing" in said[0]
    assert "Do a thing" in said[1] and " s)" in said[1]


def test_stopping_ends_the_group_and_a_child_that_ignores_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.runner.processes.STOP_SECONDS", 0.5)
    code = (
        "import signal, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    program = Program("stubborn", _script(code), tmp_path / "log.txt", tmp_path)
    assert wait_until(lambda: bool(program.tail()), program, 60)
    child = int(program.tail()[0])
    assert _is_alive(child)
    stop_all([program])
    assert program.process.poll() == -signal.SIGKILL
    assert wait_gone(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child's life to its parent's")
def test_a_parent_killed_outright_takes_its_programs_with_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from demo.runner.processes import Program\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"program = Program('p', sleep, Path({str(tmp_path / 'log')!r}), Path('.'))\n"
        "print(program.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(_script(code), cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert _is_alive(child)
        parent.kill()
    assert wait_gone(child)


def wait_gone(pid: int) -> bool:
    """Return whether the process is gone within a minute."""
    deadline = time.monotonic() + 60
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _is_alive(pid)


def test_a_failure_quotes_only_the_last_lines(tmp_path: Path) -> None:
    program = Program("talk", _script("print('\\n'.join(map(str, range(1000))))"), tmp_path / "log.txt", tmp_path)
    program.process.wait()
    lines = str(failure(program, "Talk", "Again.")).splitlines()
    assert lines[-1] == "Again." and lines[-2].strip() == "999"
    assert len(lines) < 20


def test_the_steps_use_the_other_packages_commands_as_agreed(run: Run) -> None:
    crawl = crawl_step(run, "linden", 8702)
    assert crawl.command[2:6] == ("-m", "scraper", "crawl", "http://linden.localhost:8702/")
    assert "linden.localhost:127.0.0.1" in crawl.command
    assert bundle_step(run).command[2:5] == ("-m", "exporter", "lite")
    ingest = ingest_step(run, "linden")
    assert ingest.command[2:5] == ("-m", "server", "ingest")
    assert crawl.outputs[0] == Path(ingest.command[5])
    package = extension_step(run)
    assert package.command[0] == "node" and package.command[-1] == "--unpacked"
    assert package.command[package.command.index("--bundle") + 1] == bundle_step(run).command[-1]
    packs = packs_step(run)
    assert packs.command[2:8] == ("-m", "server", "pack", "harbor.localhost", "linden.localhost", "meridian.localhost")
    assert packs.command[packs.command.index("--data") + 1] == ingest.command[ingest.command.index("--data") + 1]
    assert packs.outputs[0] in site_step(run).inputs


def test_bundle_is_put_into_the_extension_s_folder(
    run: Run, lite_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "ROOT", ROOT)
    step = extension_step(run)
    source = tmp_path / "source"
    source.mkdir()
    run.var.joinpath("bundles").mkdir(parents=True)
    run.var.joinpath("bundles", "lite").symlink_to(lite_bundle)
    command = (*step.command, "--extension", str(source))
    _do(run, State(tmp_path / "state.json"), [Step(step.name, step.title, command, (), (source / "bundle",))])
    assert {"manifest.json", "tokens.bin", "probes.json"} <= {file.name for file in (source / "bundle").iterdir()}


def test_missing_node_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(DemoError, match=r"Node\.js 20 or newer"):
        _check_beforehand(run, run.ports.named())


def test_every_source_of_a_step_exists(tmp_path: Path, ports: Ports) -> None:
    """A source that was moved away would leave the step done, although its result is out of date."""
    run = Run(tmp_path, 7, ports, print)
    assert extension_step(run).command[1] == str(ROOT / "extension" / "build" / "package.js")
    assert (ROOT / "extension" / "build" / "package.js").exists()
    sources = {*bundle_step(run).inputs, *crawl_step(run, "linden", 8702).inputs}
    made = {run.var, ROOT / "extension" / "bundle", ROOT / "extension" / "vendor"}
    sources |= {
        source for source in (*packs_step(run).inputs, *site_step(run).inputs) if not made & {source, *source.parents}
    }
    assert {ROOT / "demo" / "mall" / "catalogue.py", ROOT / "trainer" / "pretrained"} <= sources
    assert [source for source in sources if not source.exists()] == []


def test_another_seed_or_port_is_another_crawl(run: Run, tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    step = crawl_step(run, "harbor", 8701)
    step.outputs[0].parent.mkdir(parents=True)
    step.outputs[0].write_text("{}\n")
    state.mark_done(step)
    assert state.is_done(crawl_step(run, "harbor", 8701))
    assert not state.is_done(crawl_step(run, "harbor", 9701))
    run.seed = 8
    assert not state.is_done(crawl_step(run, "harbor", 8701))


def test_a_module_that_changes_makes_the_site_undone(run: Run, tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    module = tmp_path / "core" / "profile.js"
    module.parent.mkdir()
    module.write_text("export {}")
    step = replace(site_step(run), inputs=(tmp_path / "core",))
    state.mark_done(step)
    assert state.has_inputs(step)
    module.write_text("export const changed = true")
    assert not state.has_inputs(step)


def test_the_site_asks_only_for_the_mall_s_ports(run: Run, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    built: list[str] = []
    monkeypatch.setattr(run_module, "_start_mall", lambda _: built.append("mall"))
    monkeypatch.setattr(run_module, "_build", lambda *_: built.append("catalogue"))
    monkeypatch.setattr(run_module, "_finish_site", lambda *_: built.append("site"))
    try:
        with socket.create_server(("127.0.0.1", run.ports.home)), socket.create_server(("127.0.0.1", run.ports.server)):
            build_site(run.var, run.seed, run.ports, run.say)
        with socket.create_server(("127.0.0.1", run.ports.mall[1])), pytest.raises(DemoError, match="linden"):
            build_site(run.var, run.seed, run.ports, run.say)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert built == ["mall", "catalogue", "site"]
    assert str(run.var / "site") in said[-1]


def test_new_products_make_the_ingest_undone(run: Run, tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    step = ingest_step(run, "harbor")
    products = run.var / "crawl" / "harbor" / "products.jsonl"
    products.parent.mkdir(parents=True)
    products.write_text("{}\n")
    state.mark_done(step)
    assert state.has_inputs(step)
    products.write_text("{}\n{}\n")
    assert not state.has_inputs(step)

"""Every command of the README is run, in the README's order, as written but for the addresses of shop and server."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.__main__ import main as export
from tests.lite_bundle import EXPORT_COMMAND, EXPORT_ENVIRONMENT
from tests.ports import free_port, free_ports

ROOT = Path(__file__).parents[2]
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
OPEN_CLIP = "python -m exporter open-clip ViT-B-32 open_clip_model.safetensors --out var/bundles/clip"
# These start, install or are the whole thing; each has its own test below or is what runs this file.
ELSEWHERE = {
    "make run",
    "make extension",  # tests/extension/build and tests/e2e test what it makes
    "make test",
    "source .venv/bin/activate",
    "pip install -r requirements-serve.txt",
    "python -m server run --bundle var/bundles/lite --data var/server",
    "python -m server pair --data var/server",  # waits for a browser: tests/e2e/test_pairing.py and tests/server/trust
    " ".join(["python", *EXPORT_COMMAND, "var/bundles/lite"]),  # made the bundle that all tests read
    OPEN_CLIP,  # tests/exporter/test_from_open_clip.py exports a small model
}
# A whole shop and the README's 400 shoppers go the same way and take minutes to learn from.
MOST_PRODUCTS, USERS = 100, "80"


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> bytes:
    """Return what the address answers with once it answers without an error."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended with {process.returncode} before {url} answered"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer within {seconds} s")


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, lite_bundle: Path) -> Path:
    """Return a working directory like a checkout after `make run`, with the files the README speaks of."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "docs").symlink_to(ROOT / "docs")
    (folder / "var" / "bundles").mkdir(parents=True)
    shutil.copytree(lite_bundle, folder / "var" / "bundles" / "lite")
    page = next((ROOT / "contracts" / "vectors" / "pages").glob("*jsonld*.html"))
    (folder / "page.html").write_bytes(page.read_bytes())
    (folder / "pages.jsonl").write_text(json.dumps({"file": "page.html", "url": "https://shop.example/p/1"}) + "\n")
    return folder


@pytest.fixture(scope="module")
def shop(checkout: Path) -> Iterator[str]:
    """Return the address of a demo shop."""
    ports = free_ports(3)
    command = [sys.executable, "-m", "demo", "mall", "--ports", ",".join(map(str, ports))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{ports[0]}/robots.txt", process)
            yield f"http://harbor.localhost:{ports[0]}/"
        finally:
            stop(process)


def run(words: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**EXPORT_ENVIRONMENT, "PYTHONPATH": str(ROOT)}  # the README's export has the space of lite_bundle
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=900, check=False)


def words_of(command: str, shop: str, checkout: Path) -> list[str]:
    """Return the command with this Python and this shop."""
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    if "crawl" in words:
        words = [shop if word == "https://shop.example/" else word for word in words]
        words += ["--resolve", "harbor.localhost:127.0.0.1", "--rate", "200", "--max-pages", "150"]
    if "ingest" in words:
        words += ["--resolve", "harbor.localhost:127.0.0.1"]
    if "shoppers" in words:
        words += ["--users", USERS]
    expanded = []
    for word in words:
        expanded += sorted(map(str, checkout.glob(word))) if "*" in word else [word]
    return expanded


def shorten(products: Path) -> None:
    """Leave the first products of a crawl."""
    products.write_text("".join(products.read_text("utf-8").splitlines(keepends=True)[:MOST_PRODUCTS]))


@pytest.mark.slow
def test_readme_commands_work_in_order(checkout: Path, shop: str) -> None:
    ran, crawled = 0, checkout / "var" / "crawl" / "shop.example" / "products.jsonl"
    for command in COMMANDS:
        if command in ELSEWHERE:
            continue
        done = run(words_of(command, shop, checkout), checkout)
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        if "crawl" in command.split():
            shorten(crawled)
        ran += 1
    assert ran == len(set(COMMANDS) - ELSEWHERE) >= 8
    assert len(crawled.read_text("utf-8").splitlines()) == MOST_PRODUCTS
    assert json.loads((checkout / "products.jsonl").read_text("utf-8"))["verdict"] == "product"
    check_server(checkout, MOST_PRODUCTS)


def test_the_open_clip_command_of_the_readme_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its file of weights is what a reader downloads; without it the exporter reads all else and names it."""
    assert OPEN_CLIP in COMMANDS
    words = shlex.split(OPEN_CLIP)[3:]
    assert export([*words[:-1], str(tmp_path / "clip")]) == 2
    assert "open_clip_model.safetensors: no such file" in capsys.readouterr().err


def check_server(checkout: Path, num_products: int) -> None:
    """`python -m server run …` of the README serves what the commands before it ingested."""
    command = next(line for line in COMMANDS if line.startswith("python -m server run"))
    port = free_port()
    words = [*words_of(command, "", checkout), "--port", str(port)]
    with subprocess.Popen(words, cwd=checkout, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        try:
            shops = json.loads(wait_for(f"http://127.0.0.1:{port}/v1/shops", process))["shops"]
        finally:
            stop(process)
    assert [entry["items"] for entry in shops] == [num_products]


def test_serving_requirements_can_be_installed_together() -> None:
    done = run([sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "-r", "requirements-serve.txt"], ROOT)
    assert done.returncode == 0, done.stderr[-2000:]


def test_make_commands_of_the_readme_are_those_that_make_names() -> None:
    named = {line.split("  ")[0] for line in run(["make", "help"], ROOT).stdout.splitlines()}
    assert {command for command in COMMANDS if command.startswith("make ")} <= named


def test_every_link_of_the_docs_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"

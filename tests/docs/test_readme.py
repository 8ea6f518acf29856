"""Every command of the README is run, in the README's order, as written but for the addresses of shop and server."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lite_bundle import EXPORT_COMMAND, EXPORT_ENVIRONMENT

ROOT = Path(__file__).parents[2]
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
# These start, install or are the whole thing; each has its own test below or is what runs this file.
ELSEWHERE = {
    "make run",
    "make extension",  # tests/extension/build and tests/e2e test what it makes
    "make test",
    "source .venv/bin/activate",
    "pip install -r requirements-serve.txt",
    "python -m server run --bundle var/bundles/lite --data var/server",
    " ".join(["python", *EXPORT_COMMAND, "var/bundles/lite"]),  # made the bundle that all tests read
}
# The README's ViT-B-32 goes the same way and takes minutes.
OPEN_CLIP_MODEL = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
USERS = "80"  # the 400 of the README go the same way and take minutes to learn from


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> bytes:
    """Return what the address answers with once it answers without an error."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended with {process.returncode} before {url} answered"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer within {seconds} s")


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(30)
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
    ports = [free_port() for _ in range(3)]
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
    if "open-clip" in words:
        words = ["tiny-clip.json" if word == "ViT-B-32" else word for word in words]
    expanded = []
    for word in words:
        expanded += sorted(map(str, checkout.glob(word))) if "*" in word else [word]
    return expanded


def prepare(command: str, checkout: Path) -> None:
    """Write what a reader would have: a file of weights, here with the configuration of a small model."""
    if "open-clip" not in command:
        return
    (checkout / "tiny-clip.json").write_text(json.dumps(OPEN_CLIP_MODEL))
    script = (
        "from trainer.pretrained.torchvision_schemas import declare; declare()\n"
        "import open_clip, torch; from safetensors.torch import save_file; torch.manual_seed(0)\n"
        "open_clip.add_model_config('tiny-clip.json')\n"
        "model = open_clip.create_model('tiny-clip', pretrained=None)\n"
        "save_file({k: v.contiguous() for k, v in model.state_dict().items()}, 'open_clip_model.safetensors')\n"
    )
    done = run([sys.executable, "-W", "ignore", "-c", script], checkout)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
def test_readme_commands_work_in_order(checkout: Path, shop: str) -> None:
    ran = 0
    for command in COMMANDS:
        if command in ELSEWHERE:
            continue
        prepare(command, checkout)
        done = run(words_of(command, shop, checkout), checkout)
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        ran += 1
    assert ran == len(set(COMMANDS) - ELSEWHERE) >= 9
    products = (checkout / "var" / "crawl" / "shop.example" / "products.jsonl").read_text("utf-8").splitlines()
    assert len(products) > 50
    assert json.loads((checkout / "products.jsonl").read_text("utf-8"))["verdict"] == "product"
    check_server(checkout, len(products))


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

"""The embed command: vectors of a products.jsonl, rejected lines, and what a kill at any moment leaves."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from encoders.encoder import Encoder
from encoders.pixels import decode_image, to_pixels
from exporter import embed as embedding
from exporter.__main__ import main
from exporter.embed import Engine, embed
from exporter.embed_chunks import ChunkEncoder

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("navy", "tee", "oak", "chair", "copper", "pan", "wool", "sock")


def product(number, **changes):
    url = f"https://harbor.example/p/{number}"
    title = " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 2 + number % 7))
    item_id = hashlib.sha256(url.encode()).hexdigest()[:16]
    return {"shop": "harbor.example", "itemId": item_id, "url": url, "title": title, "verdict": "product",
            "provenance": {"title": "json-ld"}, **changes}  # fmt: skip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Return a products.jsonl of 40 products with lines that are none, and a folder of images of every third."""
    folder = tmp_path_factory.mktemp("shelf")
    images = folder / "images"
    images.mkdir()
    lines = []
    for number in range(40):
        each = product(number)
        lines.append(json.dumps(each))
        if number % 3 == 0:
            Image.new("RGB", (40, 50), (number * 6, 99, 180)).save(images / f"{each['itemId']}.png")
    (images / f"{product(3)['itemId']}.png").write_bytes(b"broken")
    lines[5] = "{not json"
    lines[11] = json.dumps(product(11, verdict="blocked"))
    lines[17] = json.dumps({**product(17), "price": "five"})
    lines[20] = ""
    path = folder / "products.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path, images


@pytest.fixture(scope="module", autouse=True)
def small_chunks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "CHUNK_LINES", 8)
        yield


@pytest.fixture(scope="module")
def whole(shelf, tiny_bundle, tmp_path_factory):
    """Return what an undisturbed run writes."""
    out = tmp_path_factory.mktemp("whole") / "vectors.npy"
    run(shelf, tiny_bundle, out)
    return outputs(out)


def run(shelf, bundle, out, engine=Engine(2)):  # noqa: B008 - it is frozen
    said = []
    return embed(shelf[0], bundle, out, shelf[1], engine, said.append), said


def outputs(out):
    return [path.read_bytes() for path in (out, out.with_suffix(".rows.jsonl"), out.with_suffix(".json"))]


def test_rows_are_the_encoders_vectors_of_the_valid_products(shelf, tiny_bundle, tmp_path):
    out = tmp_path / "vectors.npy"
    summary, said = run(shelf, tiny_bundle, out)
    vectors = np.load(out, mmap_mode="r", allow_pickle=False)
    rows = [json.loads(line) for line in out.with_suffix(".rows.jsonl").read_text().splitlines()]
    numbers = [number for number in range(40) if number not in (5, 11, 17, 20)]
    assert [row["line"] for row in rows] == [number + 1 for number in numbers]
    assert [(row["shop"], row["itemId"]) for row in rows] == [
        ("harbor.example", product(number)["itemId"]) for number in numbers
    ]
    manifest = json.loads((tiny_bundle / "manifest.json").read_text())
    encoder = Encoder(tiny_bundle, manifest)
    for row, number in enumerate(numbers):
        image = shelf[1] / f"{product(number)['itemId']}.png"
        is_shown = number % 3 == 0 and number != 3
        pixels = to_pixels(decode_image(image.read_bytes(), 10_000), manifest["image"]) if is_shown else None
        expected = encoder.embed([encoder.text_of(product(number))], [pixels])[0]
        assert vectors[row] == pytest.approx(expected, abs=1e-5), number
    assert (summary["rows"], summary["rejected"], summary["skipped"]) == (36, 2, {"blocked": 1})
    assert (summary["withImage"], summary["unusableImages"]) == (13, 1)
    assert [line.split(" ")[0] for line in said] == [f"{shelf[0]}:6:", f"{shelf[0]}:18:"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vectors.json", "vectors.npy", "vectors.rows.jsonl"]


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_run_that_died_is_continued_to_the_same_bytes(shelf, whole, tiny_bundle, tmp_path, monkeypatch, chunks):
    """The process dies within a chunk: what lies behind the last whole one is garbage of any length."""
    out = tmp_path / "vectors.npy"
    finish, done = ChunkEncoder.finish, []

    def die(self, begun):
        if len(done) == chunks:
            raise KeyboardInterrupt
        done.append(begun.last.number)
        return finish(self, begun)

    monkeypatch.setattr(ChunkEncoder, "finish", die)
    with pytest.raises(KeyboardInterrupt):
        run(shelf, tiny_bundle, out)
    for name in ("vectors.npy.partial", "vectors.rows.jsonl.partial"):
        with (tmp_path / name).open("ab") as file:
            file.write(b"torn")
    monkeypatch.setattr(
        ChunkEncoder, "finish", lambda self, begun: done.append(begun.last.number) or finish(self, begun)
    )
    run(shelf, tiny_bundle, out)
    assert outputs(out) == whole
    assert len(done) == len(set(done)) == 5, "no chunk was encoded twice"


@pytest.mark.parametrize("renamed", ["vectors.npy", "vectors.rows.jsonl"])
def test_run_killed_between_the_last_renames_is_finished(shelf, whole, tiny_bundle, tmp_path, renamed):
    out = tmp_path / "vectors.npy"
    about = json.loads(whole[2])
    progress = {
        "origin": {key: value for key, value in about.items() if key not in ("rows", "counts")}, "rows": about["rows"],
        "rows_bytes": len(whole[1]), "line": 40, "end_bytes": shelf[0].stat().st_size, "counts": about["counts"],
    }  # fmt: skip
    (tmp_path / "vectors.npy.progress.json").write_text(json.dumps(progress))
    for path, content in zip((out, out.with_suffix(".rows.jsonl")), whole, strict=False):
        name = path.name if path.name == renamed else f"{path.name}.partial"
        path.with_name(name).write_bytes(content)
    run(shelf, tiny_bundle, out)
    assert outputs(out) == whole


def test_changed_products_or_images_begin_anew(shelf, tiny_bundle, tmp_path, monkeypatch):
    folder = shutil.copytree(shelf[0].parent, tmp_path / "shelf")
    shelf, out = (folder / "products.jsonl", folder / "images"), tmp_path / "vectors.npy"
    run(shelf, tiny_bundle, out)
    before = np.load(out)
    assert "already holds" in run(shelf, tiny_bundle, out)[1][0]
    Image.new("RGB", (20, 20), "red").save(shelf[1] / f"{product(3)['itemId']}.png")
    summary, said = run(shelf, tiny_bundle, out)
    assert summary["unusableImages"] == 0 and "already" not in "".join(said)
    assert np.flatnonzero((np.load(out) != before).any(axis=1)).tolist() == [3]


def test_dask_gives_the_same_bytes(shelf, whole, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    _, said = run(shelf, tiny_bundle, tmp_path / "dask.npy", Engine(2, is_dask=True))
    assert outputs(tmp_path / "dask.npy") == whole
    assert [line.split(" ")[0] for line in said] == [f"{shelf[0]}:6:", f"{shelf[0]}:18:"]


def test_killed_process_is_continued_to_the_same_bytes(tiny_bundle, tmp_path):
    """Kill -9 as soon as there is progress; the second command finishes the first one's file."""
    path = tmp_path / "products.jsonl"
    path.write_text("".join(json.dumps(product(number)) + "\n" for number in range(3000)))
    command = [sys.executable, "-m", "exporter", "embed", str(path), "--bundle", str(tiny_bundle), "--out"]
    progress = tmp_path / "killed.npy.progress.json"
    first = subprocess.Popen([*command, str(tmp_path / "killed.npy")], cwd=ROOT, stderr=subprocess.DEVNULL)
    while first.poll() is None and not (progress.exists() and json.loads(progress.read_text())["rows"]):
        time.sleep(0.005)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    for name in ("killed", "whole"):
        done = subprocess.run(
            [*command, str(tmp_path / f"{name}.npy")], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert ("continuing after" in done.stderr) == (name == "killed" and first.returncode == -signal.SIGKILL)
        assert json.loads(done.stdout)["rows"] == 3000
    assert outputs(tmp_path / "killed.npy") == outputs(tmp_path / "whole.npy")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.jsonl", "--out", "v.npy"], "expected a products.jsonl"),
        (["products.jsonl", "--out", "v.csv"], "ends in .npy"),
        (["products.jsonl", "--out", "v.npy", "--images", "nowhere"], "--images"),
        (["products.jsonl", "--out", "v.npy", "--scheduler", "tcp://x:1"], "--engine dask"),
        (["products.jsonl", "--out", "v.npy", "--engine", "dask", "--scheduler", "x"], "--scheduler"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_written(shelf, tiny_bundle, capsys, monkeypatch, words, message):
    monkeypatch.chdir(shelf[0].parent)
    before = sorted(Path().rglob("*.npy"))
    assert main(["embed", *words, "--bundle", str(tiny_bundle)]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert sorted(Path().rglob("*.npy")) == before

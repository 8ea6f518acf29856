"""Tests of report.html: it shows the run's numbers, escapes untrusted text and is accessible."""

import base64
import io
import json
import shutil
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from kernel.progress import TerminalProgress
from tests.trainer.planted import write_products, write_run
from trainer.__main__ import main
from trainer.checkpoint import load
from trainer.features.item_inputs import item_inputs
from trainer.learning.pair_metrics import HELD_OUT_NOTE
from trainer.prepare import prepare
from trainer.recipes.run_file import parse_config
from trainer.reports.html.slice_tables import slice_losses, slice_tables
from trainer.reports.html.tables import as_toml, pair_notes, pair_table
from trainer.reports.html.thumbnails import SIZE, thumbnail

EVIL = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'&"
CHROMIUM = Path("/usr/bin/chromium")


class Reader(HTMLParser):
    """HTML parser that collects tags with their attributes, and the text of the page."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.text += " "

    def handle_data(self, data):
        self.text += data

    def ids(self):
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train a run whose items have images, categories, and titles with markup in them."""
    directory = tmp_path_factory.mktemp("page")
    path = write_run(directory, epochs=2)
    path.write_text(path.read_text().replace("\n[split]", f'images = "{directory / "images"}"\n\n[split]'))
    products = [json.loads(line) for line in (directory / "products.jsonl").read_text().splitlines()]
    (directory / "images").mkdir()
    for number, product in enumerate(products):
        product["categoryPath"] = ["Home", EVIL if number % 2 else "Soft things", f"Shelf {number % 4}"]
        product["title"] += f" {EVIL}"
        if number % 3:
            colour = (number * 6, 255 - number * 6, 120)
            Image.new("RGB", (60, 90), colour).save(directory / "images" / f"{product['itemId']}.png")
    write_products(directory / "products.jsonl", products)
    assert main(["train", str(path)]) == 0
    return directory / "run"


@pytest.fixture(scope="module")
def page(run):
    return run / "report.html"  # written by training


@pytest.fixture(scope="module")
def clip_page(run, tmp_path_factory):
    """Return the page of a run whose towers share one space for texts and images, on the same products."""
    directory = tmp_path_factory.mktemp("clip")
    text = (run.parent / "run.toml").read_text()
    start, stop = text.index("[model]"), text.index("[training]")
    model = '[model]\ntype = "clip"\nmode = "heads"\ndim = 8\nhidden = 0\nheld_out = 0.5\n\n'
    (directory / "run.toml").write_text(text[:start] + model + text[stop:])
    assert main(["train", str(directory / "run.toml"), "--out", str(directory / "run")]) == 0
    return directory / "run" / "report.html"


def test_page_shows_the_numbers_of_the_report(run, page):
    report, text = json.loads((run / "report.json").read_text()), Reader(page).text
    best = report["test"]["models"]["two_tower"]["ndcg@10"]
    assert f"{best['mean']:.3f} [{best['low']:.3f}, {best['high']:.3f}]" in text
    for name in report["test"]["two_tower_minus"]:
        assert name in text
    assert f"best: epoch {report['training']['best_epoch']}" in text
    assert "beats" in text or "does not beat" in text
    assert report["data"]["hash"][:12] in text and "python -m trainer train run.toml" in text
    num_users = report["split"]["num_test_users"]
    assert f"Of {num_users} test users" in text
    assert {"training", "metrics", "map", "clusters", "users", "answers", "failures", "made"} <= set(Reader(page).ids())


def test_page_shows_avg_mean_similarity_with_its_caveat(run, page):
    item_tower = load(run / "best").towers["item_tower"]
    prepared = prepare(parse_config(json.loads((run / "report.json").read_text())["run"]), TerminalProgress())
    with torch.no_grad():
        items = item_tower(*item_inputs(prepared.features, np.arange(len(prepared.features)), prepared.device)).numpy()
    similar = items @ items.T
    np.fill_diagonal(similar, -np.inf)
    known = np.sort(similar, axis=1)[:, -5:].mean()
    text = Reader(page).text
    assert f"AvgMeanSimilarity@5: {known:.3f} among {len(items)} whole items." in text
    assert "AvgMeanSimilarity@5 is not a ranking metric" in text


def test_page_is_one_file_without_scripts_and_outside_links(page):
    reader = Reader(page)
    forbidden = ("script", "iframe", "object", "link", "form", "base", "audio", "video")
    assert not [tag for tag, _ in reader.tags if tag in forbidden]
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    sources = [attributes["src"] for tag, attributes in reader.tags if tag == "img"]
    assert len(sources) > 50 and all(source.startswith("data:image/jpeg;base64,") for source in sources)
    anchors = {attributes["href"].removeprefix("#") for tag, attributes in reader.tags if tag == "a"}
    assert anchors <= set(reader.ids())
    assert len(reader.ids()) == len(set(reader.ids()))
    assert reader.text.count(EVIL) >= 50


def test_page_of_a_shared_space_shows_retrieval_across_modalities(clip_page):
    reader = Reader(clip_page)
    assert "Words against images alone" in reader.text and "An image against titles alone" in reader.text
    pairs = json.loads((clip_page.parent / "report.json").read_text())["pairs"]
    for way in ("text_to_image", "image_to_text"):
        interval = pairs["intervals"][way]["recall@5"]
        assert f"{pairs[way]['recall@5']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]" in reader.text
    similarity = pairs["avg_mean_similarity@5"]
    assert f"{similarity['text']:.3f} among texts, {similarity['image']:.3f} among images" in reader.text
    assert "AvgMeanSimilarity@5 is not a ranking metric" in reader.text
    assert reader.text.count("AvgMeanSimilarity@5 is not a ranking metric") == 1
    assert "With 95 % intervals over products" in reader.text
    assert "also used to choose the epoch" in reader.text
    assert f"those of {pairs['num_products']} held-out products" in reader.text


def test_page_shows_no_user_names_and_is_reproducible(run, page, tmp_path):
    text = Reader(page).text
    assert "User 1:" in text and "u17" not in text
    assert main(["report", str(run), "--out", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_page_without_data_has_numbers_and_the_reason(run, tmp_path, capsys):
    shutil.copytree(run, tmp_path / "run")
    checkpoint = tmp_path / "run" / "best" / "checkpoint.json"
    document = json.loads(checkpoint.read_text())
    document["run"]["data"]["interactions"] = "gone.csv"
    checkpoint.write_text(json.dumps(document))
    assert main(["report", str(tmp_path / "run")]) == 0
    reader = Reader(tmp_path / "run" / "report.html")
    assert "Numbers only." in reader.text and "gone.csv" in reader.text
    assert "metrics" in reader.ids() and "map" not in reader.ids()
    shutil.rmtree(tmp_path / "run" / "best")
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "no checkpoint here" in Reader(tmp_path / "run" / "report.html").text


def test_page_leaves_out_examples_where_the_data_changed(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    checkpoint = tmp_path / "run" / "best" / "checkpoint.json"
    document = json.loads(checkpoint.read_text())
    document["data_hash"] = "0" * 64
    checkpoint.write_text(json.dumps(document))
    assert main(["report", str(tmp_path / "run")]) == 0
    reader = Reader(tmp_path / "run" / "report.html")
    assert "the data files have changed since the run" in reader.text and "users" not in reader.ids()


@pytest.mark.parametrize("lacking", ["test", "training", "data", "split", "commit", "content"])
def test_page_leaves_out_sections_that_the_report_lacks(run, tmp_path, lacking):
    report = json.loads((run / "report.json").read_text())
    report.pop(lacking, None)
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert main(["report", str(tmp_path)]) == 0
    ids = Reader(tmp_path / "report.html").ids()
    assert "made" in ids
    assert ("metrics" in ids) == (lacking != "test") and ("training" in ids) == (lacking != "training")


@pytest.mark.parametrize("content", [None, "{", "[]", '{"format": 1}'])
def test_report_refuses_a_directory_without_a_report_in_one_line(tmp_path, capsys, content):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    assert main(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "report.json" in error and error.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


def test_slice_tables_show_the_best_baseline_and_list_losses():
    def entry(name, ours, knn):
        models = {
            model: {"ndcg@10": {"mean": mean, "low": mean - 0.02, "high": mean + 0.02}}
            for model, mean in (("ours", ours), ("knn", knn), ("random", 0.01))
        }
        return {"slice": name, "num_users": 1234, "models": models}

    empty = {"slice": "cold", "num_users": 0, "models": {}}
    report = {"slices": {"target_temperature": [entry("hot", 0.2, 0.3), entry("warm", 0.2, 0.21), empty], "other": []}}
    (table,) = slice_tables("ours", report)
    assert [(row.name, row.count, row.outcome) for row in table.rows] == [
        ("hot", "1,234", "worse"), ("warm", "1,234", "unclear"), ("cold", "0", ""),
    ]  # fmt: skip
    assert table.rows[0].cells[1].text == "knn 0.300 [0.280, 0.320]" and table.rows[2].cells == (None, None)
    assert slice_losses([table]) == ["Item temperature: a baseline is better for “hot”."]
    assert slice_tables("ours", {}) == slice_tables("ours", {"slices": {"kind": "words"}}) == []


def test_retrieval_of_an_older_report_gets_the_held_out_note():
    pairs = {"text_to_image": {"mrr": 0.25}, "image_to_text": {"mrr": 0.5, "recall@1": 0.125}}
    assert pair_table(pairs) == (
        ["", "MRR", "Recall@1"],
        [["text to image", "0.250", "–"], ["image to text", "0.500", "0.125"]],
    )
    assert pair_notes({"pairs": pairs, "training": {"epochs": [{}, {}]}}) == [HELD_OUT_NOTE]
    assert pair_notes({"pairs": pairs, "training": {"epochs": [{}]}}) == []
    assert pair_notes({"training": {"epochs": [{}, {}]}}) == []


def test_settings_round_trip_through_toml():
    settings = {"seed": 7, "out": 'a "b" \\ c\n\x7f', "data": {"products": ["x", "ü"], "share": 1e-05, "yes": True,
                "inner": {"k": [1, 2]}}, "model": {"dim": 8}}  # fmt: skip
    assert tomllib.loads(as_toml(settings)) == settings


def test_thumbnail_is_a_small_jpeg_on_white_or_none(tmp_path):
    Image.new("RGBA", (900, 300), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    uri = thumbnail(tmp_path / "clear.png")
    image = Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))))
    assert image.format == "JPEG" and image.size == (SIZE, round(SIZE / 3))
    assert image.getpixel((50, 20)) == (255, 255, 255)
    (tmp_path / "not.png").write_bytes(b"GIF89a and then nothing")
    assert thumbnail(tmp_path / "not.png") is None and thumbnail(tmp_path / "absent.png") is None


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
def test_page_is_accessible_in_a_browser_and_loads_nothing(page, driver):
    """Checked in light and dark, narrow and wide."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    for scheme, width in (("light", 400), ("dark", 1280)):
        tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        messages, requests = [], []
        tab.on("console", lambda message, messages=messages: messages.append(message.text))
        tab.on("dialog", lambda dialog, messages=messages: messages.append(dialog.message) or dialog.dismiss())
        tab.on("request", lambda request, requests=requests: requests.append(request.url))
        tab.goto(page.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert min(tab.evaluate("[...document.images].map(image => image.naturalWidth)")) > 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in requests if not url.startswith("data:")] == [page.as_uri()] and messages == []
        results = Axe().run(tab)
        assert results.violations_count == 0, results.generate_report()
        tab.close()
    browser.close()

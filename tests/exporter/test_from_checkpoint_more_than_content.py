"""Towers that can do with more than content: what is exported is what they are without it."""

import subprocess
import sys

import numpy as np
import onnxruntime as ort
import pytest
import torch

from exporter.__main__ import main
from exporter.probes import add_probes
from exporter.publish import publish
from exporter.verify import verify
from tests.trainer.planted import write_run
from trainer import checkpoint as checkpoints
from trainer.__main__ import main as train
from trainer.towers.additive import AdditiveItem, AdditiveUser
from trainer.towers.content import CatalogueContentItem, ContentUserTower
from trainer.towers.fusion import FusionItem, FusionUser
from trainer.towers.graphsage import GraphSageItem
from trainer.towers.two_tower import TwoTowerUser

TEXT, IMAGE, DIM = 24, 10, 16
SIZES = {"width": 8, "hidden": 12, "num_heads": 2}


def fusion():
    return FusionItem(TEXT, IMAGE, ("a", "b", "c"), 7, DIM, SIZES), FusionUser(DIM, max_items=30, attention=SIZES)


def graphsage():
    return GraphSageItem(TEXT, IMAGE, DIM, 8, 12), TwoTowerUser(DIM, 32, 8)


def additive():
    return AdditiveItem(TEXT, IMAGE, num_words=32, num_items=7, dim=DIM), AdditiveUser(DIM, max_items=30)


def content():
    item = CatalogueContentItem(TEXT, IMAGE, 9, DIM - 10, 0.6)
    rng = torch.Generator().manual_seed(5)
    item.fill(*((torch.randn(dim, generator=rng), torch.randn(dim, 5, generator=rng)) for dim in (TEXT, IMAGE)))
    return item, ContentUserTower(half_life_days=7.0)


# Each takes a minute of torch's export; the one with attention is enough for every run.
MADE = [
    fusion,
    pytest.param(graphsage, marks=pytest.mark.long),
    pytest.param(additive, marks=pytest.mark.long),
    pytest.param(content, marks=pytest.mark.long),
]


@pytest.mark.parametrize("make", MADE)
def test_exported_towers_answer_as_torch_does_with_all_else_missing(make, tiny_bundle, tmp_path):
    rng = torch.Generator().manual_seed(4)
    item, user = (tower.eval() for tower in make())
    with torch.no_grad():
        for parameter in (*item.parameters(), *user.parameters()):  # as after training: nothing is zero or the identity
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.3)
    encoders = {"space": verify(tiny_bundle)["space"], "name": "tiny", "text_dim": TEXT, "image_dim": IMAGE, "dim": DIM}
    towers = {"item_tower": item, "user_tower": user}
    checkpoints.save(checkpoints.Checkpoint(towers, {"name": "test"}, 4, encoders), tmp_path / "best")
    arguments = ["checkpoint", str(tmp_path / "best"), "--encoders", str(tiny_bundle), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--accept-loss"]) == 0  # its text encoder is random: what it ranks says nothing
    manifest = verify(tmp_path / "out")
    assert manifest.get("filler") == (DIM - 1 if make.__name__ == "content" else None)
    exported = manifest["towers"]

    mask = torch.tensor([[1, 1], [1, 0], [0, 1], [0, 0], [1, 1]], dtype=torch.float32)
    content = torch.randn(5, TEXT, generator=rng), torch.randn(5, IMAGE, generator=rng), mask
    items = _run(tmp_path / "out", exported["itemTower"], content)
    np.testing.assert_allclose(items, item(*content).detach().numpy(), atol=1e-5)
    for length, batch in ((1, 2), (300, 2)):
        taste = torch.nn.functional.normalize(torch.randn(batch, length, DIM, generator=rng), dim=-1)
        kinds = torch.randint(0, 6, (batch, length), generator=rng)
        mask = (torch.rand(batch, length, generator=rng) < 0.7).float()
        history = [taste, kinds, 100 * torch.rand(batch, length, generator=rng), mask]
        if make.__name__ == "content":
            history.append(torch.randint(1, 6, (batch, length), generator=rng).float())
        got = _run(tmp_path / "out", exported["userTower"], history)
        np.testing.assert_allclose(got, user(*history).detach().numpy(), atol=1e-5)


@pytest.mark.long
def test_bundle_of_a_content_run_names_its_filler(make_tiny_draft, tmp_path):
    """Without it two items that only lack an image would count as half alike wherever the bundle is used.

    The encoders' bundle has no int8 path: random weights in int8 saturate on processors without VNNI instructions.
    """
    draft = make_tiny_draft()
    draft.text_to_item = None
    draft.parity = [entry for entry in draft.parity if entry["tower"] != "lite.textToItem"]
    draft.speed = [entry for entry in draft.speed if entry["tower"] != "lite.textToItem"]
    tiny_bundle = tmp_path / "tiny"
    add_probes(draft)
    publish(draft.files(), draft.manifest(), tiny_bundle, verify)
    run = write_run(tmp_path)
    settings = run.read_text().replace("hidden = 24\nattention_dim = 8", 'type = "content"')
    run.write_text(settings.replace(str(tmp_path / "bundle"), str(tiny_bundle)))
    assert train(["train", str(run)]) == 0
    best = tmp_path / "run" / "best"
    assert main(["checkpoint", str(best), "--encoders", str(tiny_bundle), "--out", str(tmp_path / "out")]) == 0
    manifest = verify(tmp_path / "out")
    assert manifest.get("filler") == manifest["dim"] - 1

    text = torch.randn(3, TEXT, generator=torch.Generator().manual_seed(1))
    inputs = text, torch.zeros(3, IMAGE), torch.tensor([[1.0, 0.0]] * 3)
    items = _run(tmp_path / "out", manifest["towers"]["itemTower"], inputs)
    np.testing.assert_allclose(items[:, manifest["filler"]], np.sqrt(0.5), atol=1e-5)  # half is an image's share


def _run(bundle, tower, inputs):
    session = ort.InferenceSession(bundle / tower["file"], providers=["CPUExecutionProvider"])
    return session.run(None, {i["name"]: t.numpy() for i, t in zip(tower["inputs"], inputs, strict=True)})[0]


def test_only_a_graphsage_tower_needs_the_graph_library():
    """It takes seconds to import, and who exports other towers may not have it."""
    program = (
        "import sys, exporter.from_checkpoint, trainer.towers.graphsage as g\n"
        "print('torch_geometric' in sys.modules)\n"
        "g.GraphSageItem(4, 4, 8, 8)\n"
        "print('torch_geometric' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]

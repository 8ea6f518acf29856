"""The rules in the place of a browser's towers, by the shared vectors."""

import json

import numpy as np
import pytest

from exporter import lite_rules
from kernel.contracts import CONTRACTS

BLOCKS = json.loads((CONTRACTS / "vectors/text-block.json").read_text("utf-8"))
USERS = json.loads((CONTRACTS / "vectors/user-tower.json").read_text("utf-8"))
KINDS = ["view", "wishlist", "cart", "purchase", "rating", "dismiss"]
RULE = {**USERS["constants"], "kindWeights": [USERS["constants"]["kindWeights"][kind] for kind in KINDS]}


@pytest.mark.parametrize("case", BLOCKS["cases"], ids=[case["name"] for case in BLOCKS["cases"]])
def test_text_block_follows_the_shared_vectors(case):
    features = np.array([case["features"]], dtype=np.float32)
    got = lite_rules.text_block(features, case["rule"], case["dim"], case["filler"])
    assert got.dtype == np.float32
    assert got[0] == pytest.approx(case["embedding"], abs=BLOCKS["tolerance"])


@pytest.mark.parametrize("case", BLOCKS["imageCases"], ids=[case["name"] for case in BLOCKS["imageCases"]])
def test_a_text_beside_an_image_follows_the_shared_vectors(case):
    image, text = (np.array([case[key]], dtype=np.float32) for key in ("image", "text"))
    block = slice(case["block"]["start"], case["block"]["start"] + case["block"]["length"])
    got = lite_rules.with_text_block(image, text, block, case["filler"])
    assert got.dtype == np.float32
    assert got[0] == pytest.approx(case["embedding"], abs=BLOCKS["tolerance"])


@pytest.mark.parametrize("case", USERS["cases"], ids=[case["name"] for case in USERS["cases"]])
def test_pooling_follows_the_shared_vectors(case):
    ones = [1.0] * len(case["kinds"])
    history = {key: np.array([case[key]]) for key in ("items", "kinds", "agesDays", "itemMask")}
    got = lite_rules.pool(history | {"weights": np.array([case.get("weights", ones)])}, RULE, filler=3)
    assert got[0] == pytest.approx(case["embedding"], abs=USERS["tolerance"])


def test_sample_histories_have_a_taste_but_the_last():
    users = lite_rules.pool(lite_rules.sample_histories(8, KINDS), RULE, filler=7)
    lengths = np.linalg.norm(users, axis=1)
    assert lengths[:-1] == pytest.approx(1.0, abs=1e-6)
    assert not users[-1].any()
    assert not users[:, 7].any()

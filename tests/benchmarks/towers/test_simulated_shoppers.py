"""Simulated shoppers of benchmarks/: what they choose is what was planted. And what "missing" takes away."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.towers.missing import without
from benchmarks.towers.simulated_shoppers import (
    LONGEST,
    SHORTEST,
    STRAY_SHARE,
    Catalogue,
    Taste,
    chances,
    main,
    planted_scorer,
)
from tests.trainer.recipes.test_hybrid_hvsr import HVSR, HYBRID
from tests.trainer.shapes import prepared_shapes
from trainer.dataset.dataset import read_dataset
from trainer.recipes import MODELS
from trainer.splits.cases import CasePlan, make_cases

TYPES, COLOURS = [f"type{n}" for n in range(8)], ["Red", "Blue", "Green", "Black"]


def product(number):
    return {
        "shop": "fashion.example",
        "itemId": f"{number:016x}",
        "url": f"https://fashion.example/{number}",
        "title": f"thing {number}",
        "categoryPath": ["Apparel", TYPES[number % 8]],
        "attributes": {
            "gender": ("Men", "Women", "Women", "Unisex")[number // 8 % 4],
            "color": COLOURS[number // 32 % 4],
            "usage": ("Casual", "Sports")[number // 128 % 2],
        },
        "verdict": "product",
        "provenance": {},
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fashion")
    (directory / "images").mkdir()
    (directory / "products.jsonl").write_text("".join(json.dumps(product(n)) + "\n" for n in range(1536)))
    return directory


def shoppers(source, out, *options):
    assert main([str(source), "--out", str(out), *options]) == 0
    return (out / "interactions.csv").read_text()


def test_same_seed_gives_the_same_shoppers_and_more_of_them_change_no_one(source, tmp_path):
    one = shoppers(source, tmp_path / "a", "--users", "30")
    assert one == shoppers(source, tmp_path / "b", "--users", "30")
    assert shoppers(source, tmp_path / "a", "--users", "45").startswith(one)  # written again over its own
    assert one != shoppers(source, tmp_path / "c", "--users", "30", "--seed", "8")


def test_shoppers_choose_what_was_planted_and_nothing_twice(source, tmp_path):
    shoppers(source, tmp_path / "out", "--users", "400")
    dataset = read_dataset([tmp_path / "out" / "products.jsonl"], tmp_path / "out" / "interactions.csv")
    assert (tmp_path / "out" / "images").resolve() == (source / "images").resolve()
    done, tastes = dataset.interactions, {}
    for line in (tmp_path / "out" / "tastes.jsonl").read_text().splitlines():
        taste = json.loads(line)
        tastes[taste["user"]] = taste
    lengths = np.diff(done.ptr)
    assert (lengths.min(), len(lengths)) == (SHORTEST, 400)
    assert lengths.max() <= LONGEST
    assert 7 <= np.median(lengths) <= 9
    assert len({*zip(done.user_idx, done.item_idx, strict=True)}) == len(done)
    assert (np.diff(done.time_days)[np.diff(done.user_idx) == 0] >= 1).all()
    found = Counter()
    for user, item in zip(done.user_idx, done.item_idx, strict=True):
        taste, chosen = tastes[done.user_ids[user]], dataset.products[item]
        right_type = chosen["categoryPath"][-1] in taste["types"]
        found["type and gender"] += right_type and chosen["attributes"]["gender"] in (taste["gender"], "Unisex")
        if right_type and len(taste["colours"]) == 1:
            found["one colour"] += 1
            found["that colour"] += chosen["attributes"]["color"] in taste["colours"]
    # Stray choices hit three of eight types by chance, and mostly a fitting gender.
    assert 1 - STRAY_SHARE - 0.02 < found["type and gender"] / len(done) < 1 - 0.5 * STRAY_SHARE
    assert 0.6 < found["that colour"] / found["one colour"] < 0.85  # 8 : 3 where colours are alike frequent, or .73


def test_chances_of_a_taste_are_counted_by_hand():
    catalogue = Catalogue([product(n) for n in range(256)], seed=1)
    catalogue.popularity[:] = 1.0
    found = chances(catalogue, Taste("Men", {"type0": 0.75, "type1": 0.25}, ("Red",), "Sports"))
    # 16 of type0 are for men or unisex, a quarter of them red, half of them for sports: 8 * 6, 8, 6 or 1 each.
    stray, total = STRAY_SHARE / 256, 2 * 48 + 2 * 8 + 6 * 6 + 6 * 1
    assert found.sum() == pytest.approx(1)
    assert found[128] == pytest.approx(stray + (1 - STRAY_SHARE) * 0.75 * 48 / total)  # type0, men, red, sports
    assert found[1] == pytest.approx(stray + (1 - STRAY_SHARE) * 0.25 * 8 / total)  # type1, men, red, casual
    assert found[8] == pytest.approx(stray)  # for women
    assert found[2] == pytest.approx(stray)  # another type


def test_the_planted_scorer_puts_each_shoppers_taste_first(source, tmp_path):
    shoppers(source, tmp_path / "out", "--users", "3")
    dataset = read_dataset([tmp_path / "out" / "products.jsonl"], tmp_path / "out" / "interactions.csv")
    done, everything = dataset.interactions, np.arange(len(dataset.products))
    is_first = np.arange(len(done)) == done.ptr[done.user_idx]
    cases = make_cases(done, CasePlan(is_first, ~is_first, everything))
    tastes = [json.loads(line) for line in (tmp_path / "out" / "tastes.jsonl").read_text().splitlines()]
    scores = planted_scorer(tmp_path / "out", dataset.products)(cases, np.array([2, 0]))
    for row, taste in zip(scores, (tastes[2], tastes[0]), strict=True):
        best = [dataset.products[item] for item in np.argsort(-row)[:20]]
        fits = [
            one["categoryPath"][-1] in taste["types"] and one["attributes"]["gender"] in (taste["gender"], "Unisex")
            for one in best
        ]
        assert sum(fits) >= 15  # the others are everybody's favourites, which stray choices go to
    assert not np.allclose(scores[0], scores[1])


def test_what_cannot_be_simulated_is_said(source, tmp_path, capsys):
    lacking = tmp_path / "lacking"
    (lacking / "images").mkdir(parents=True)
    one = product(3)
    del one["attributes"]["color"]
    (lacking / "products.jsonl").write_text(json.dumps(product(2)) + "\n" + json.dumps(one) + "\n")
    assert main([str(lacking), "--out", str(tmp_path / "x")]) == 2
    assert "attributes.color is missing in 1 of 2 products, first 0000000000000003" in capsys.readouterr().err
    assert main([str(tmp_path), "--out", str(tmp_path / "x")]) == 2
    assert "expected products.jsonl and images/" in capsys.readouterr().err
    assert main([str(source), "--out", str(source)]) == 2  # never over data of another command
    assert "is there and not of this command" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


ADDITIVE = {"type": "additive", "dim": 16, "num_words": 64, "item_ids": False}
CLIP = {"type": "clip", "dim": 16, "hidden": 16, "held_out": 0.25, "labels": ["color"]}
GRAPH = {"type": "graphsage", "dim": 16, "width": 16, "hidden": 16}
LEARNING = {"learning_rate": 3e-3, "batch_size": 64, "epochs": 1}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    return tmp_path_factory.mktemp("shapes")


@pytest.mark.parametrize("model", [ADDITIVE, CLIP, GRAPH, HYBRID, HVSR], ids=lambda model: model["type"])
def test_a_missing_modality_is_read_by_no_scorer(minilm_bundle, shapes, model):
    """Scores without it do not depend on its content, and differ from those with it."""
    prepared = prepared_shapes(minilm_bundle, shapes, model, LEARNING)
    recipe = MODELS[model["type"]]
    learner = recipe.build(prepared)
    learner.run_epoch()
    order = np.arange(len(prepared.features))[::-1]
    products = prepared.dataset.products
    # Titles, categories and colours, or else images and what was encoded of them, change places.
    others = {
        "text": replace(
            prepared,
            dataset=replace(
                prepared.dataset,
                products=tuple(
                    {**products[row], "itemId": mine["itemId"]} for row, mine in zip(order, products, strict=True)
                ),
            ),
            features=replace(prepared.features, text=prepared.features.text[order]),
        ),
        "image": replace(
            prepared,
            images={row: prepared.images[int(order[row])] for row in prepared.images},
            features=replace(prepared.features, image=prepared.features.image[order]),
        ),
    }

    def scores(data):
        cases = data.split.test
        return recipe.scorer(data, learner.towers)(cases, np.arange(len(cases)))

    whole = scores(prepared)
    for modality, other in others.items():
        reads_it = model["type"] != "hvsr" or modality == "image"
        assert np.allclose(whole, scores(other), atol=1e-4) != reads_it
        bare = scores(without(prepared, modality))
        np.testing.assert_array_equal(bare, scores(without(other, modality)))
        assert np.allclose(whole, bare, atol=1e-4) != reads_it
    with pytest.raises(ValueError, match="expected one of text, image, got 'words'"):
        without(prepared, "words")

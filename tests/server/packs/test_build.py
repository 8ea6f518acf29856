"""A pack whose device makes the numbers of texts holds the other numbers, and says what changed by its cards."""

import numpy as np
import pytest

from kernel.pack_reader import Part, check_probes, read_part
from kernel.pack_vectors import restored
from server.packs.build import Previous, build
from server.packs.source import Catalogued

RULE = {
    "dim": 8,
    "blocks": [
        {"start": 0, "length": 3, "bits": 0},
        {"start": 3, "length": 4, "bits": 4},
        {"start": 7, "length": 1, "bits": 8},
    ],
}
TITLES = [f"mug {number}" for number in range(6)]


class Texts:
    """An encoder whose text vectors are drawn from the texts."""

    def embed(self, texts, _pixels):
        rows = [np.random.default_rng(list(text.encode())).normal(size=8) for text in texts]
        return np.float32([row / np.linalg.norm(row) for row in rows])


def catalogued(titles, created="2026-01-01T00:00:00Z"):
    cards = [{"url": f"https://a.example/{number}", "title": title} for number, title in enumerate(titles)]
    ids = [Part({"url": [card["url"]]}, None).ids()[0] for card in cards]
    vectors = Texts().embed(titles, None)
    # The image is the same whatever the text is.
    vectors[:, 3:7] = np.random.default_rng(1).uniform(-0.4, 0.4, (len(titles), 4))
    return Catalogued("a.example", "ab" * 32, created, ids, cards, titles, vectors)


def parts_of(pack, parts):
    return [read_part(part, RULE, lambda name, _limit: pack.files[name]) for part in parts]


def test_numbers_of_texts_are_not_in_the_files():
    shop = catalogued(TITLES)
    pack = build(shop, Texts(), RULE, None)
    (part,) = parts_of(pack, pack.manifest["parts"])
    check_probes(pack.manifest, part)
    assert pack.manifest["parts"][0]["vectors"]["unpackedBytes"] == 6 * (1 + 2 + 1 + 1)
    found = dict(zip(part.ids(), restored(part.rows, RULE), strict=True))
    for item_id, vector in zip(shop.ids, shop.vectors, strict=True):
        assert not found[item_id][:3].any()
        assert found[item_id][3:] == pytest.approx(vector[3:], abs=0.4 / 14 + 0.01)


def test_another_text_is_a_change_though_the_held_numbers_are_the_same():
    pack = build(catalogued(TITLES), Texts(), RULE, None)
    previous = Previous(pack.manifest_name, pack.manifest, parts_of(pack, pack.manifest["parts"]), {})
    assert build(catalogued(TITLES), Texts(), RULE, previous).manifest_name == pack.manifest_name
    newer = build(catalogued([*TITLES[:5], "cup 5"], "2026-01-02T00:00:00Z"), Texts(), RULE, previous)
    (changed,) = parts_of(newer, newer.manifest["delta"]["parts"])
    assert changed.cards["title"] == ["cup 5"]


def test_a_pack_that_held_all_numbers_is_no_base_of_a_delta():
    kept = {"dim": 8, "blocks": [{**RULE["blocks"][0], "bits": 4}, *RULE["blocks"][1:]]}
    pack = build(catalogued(TITLES), Texts(), kept, None)
    whole = [read_part(part, kept, lambda name, _limit: pack.files[name]) for part in pack.manifest["parts"]]
    previous = Previous(pack.manifest_name, pack.manifest, whole, {})
    newer = build(catalogued([*TITLES[:5], "cup 5"], "2026-01-02T00:00:00Z"), Texts(), RULE, previous)
    assert "delta" not in newer.manifest

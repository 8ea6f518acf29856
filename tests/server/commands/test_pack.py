"""The command `pack` writes files that any static host serves, and the running server serves the same bytes."""

import base64
import json
import shutil

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from shelf import SHELF, make_product
from tiny_bundle import make_tiny_bundle

from encoders.encoder import Encoder
from kernel.pack_reader import Expected, check_probes, item_id_of, read_list, read_manifest, read_part
from kernel.pack_vectors import restored
from server.__main__ import main
from server.catalogue.database import Catalogue
from server.encoding.bundle import load_bundle
from server.packs import publish

SHOP = "harbor.example"
NOW = "2999-01-01T00:00:00Z"


@pytest.fixture
def pack(tmp_path, tiny_bundle, capsys, monkeypatch):
    """Return a function that runs the command; it leaves out the bundle's probes, as `ingest` of conftest does."""
    monkeypatch.setattr("server.commands.pack.check_probes", lambda bundle: None)

    def run(*flags, shops=(SHOP,), out=tmp_path / "packs", bundle=tiny_bundle):
        arguments = ["--out", str(out), "--data", str(tmp_path / "data"), "--bundle", str(bundle)]
        code = main(["pack", *shops, *arguments, *flags])
        output = capsys.readouterr()
        return code, json.loads(output.out) if output.out else None, output.err

    return run


@pytest.fixture
def read(tmp_path, tiny_bundle):
    """Return a function that reads a shop's pack in a folder, everything checked."""

    def run(out=tmp_path / "packs", shop=SHOP, trusted=None):
        entry = next(one for one in read_list((out / "list.json").read_bytes()) if one["shop"] == shop)

        def fetch(name, _limit):
            return (out / name).read_bytes()

        space = load_bundle(tiny_bundle).space
        manifest, signer = read_manifest(entry, fetch, Expected(shop, space, NOW, trusted=trusted))
        parts = [read_part(part, manifest["vectors"], fetch) for part in manifest["parts"]]
        check_probes(manifest, parts[0])
        delta = [read_part(part, manifest["vectors"], fetch) for part in manifest.get("delta", {}).get("parts", [])]
        return entry, manifest, signer, parts, delta

    return run


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_pack_holds_the_cards_and_the_vectors_of_the_catalogue(ingest, pack, read, tmp_path, tiny_bundle):
    ingest(SHELF)
    code, (summary,), _ = pack()
    assert (code, summary["items"], summary["signed"], summary["deltaBytes"]) == (0, 5, False, None)
    _, manifest, _, (part,), _ = read()
    assert sorted(part.cards["title"]) == sorted(product["title"] for product in SHELF)
    chair = part.cards["url"].index("https://harbor.example/p/oak-chair")
    columns = {name: values[chair] for name, values in part.cards.items()}
    assert columns == {
        "url": "https://harbor.example/p/oak-chair", "title": "oak chair", "brand": "Grain",
        "categoryPath": ["Home", "Chairs"], "price": {"amount": "120", "currency": "EUR"}, "availability": "",
        "image": "https://harbor.example/oak.jpg",
    }  # fmt: skip
    bundle = load_bundle(tiny_bundle)
    catalogue = Catalogue(tmp_path / "data")
    by_id = {
        item_id_of(json.loads(raw)["url"]): vector for raw, vector in catalogue.live_products(SHOP, bundle.space, 16)
    }
    catalogue.close()
    stored = np.stack([np.frombuffer(by_id[item_id], "<f4") for item_id in part.ids()])
    # 4 bits: half of a level of a seventh of the largest number.
    assert np.abs(restored(part.rows, manifest["vectors"]) - stored).max() < stored.max() / 14 + 0.01
    downloaded = sum(len(content) for name, content in snapshot(tmp_path / "packs").items() if name != "list.json")
    assert summary["bytes"] == downloaded


def test_the_same_catalogue_gives_the_same_bytes(ingest, pack, tmp_path):
    ingest(SHELF)
    pack(out=tmp_path / "one")
    pack(out=tmp_path / "two")
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    pack(out=tmp_path / "one")
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


def test_eight_bits_are_nearer_to_the_catalogue(ingest, pack, read, tmp_path):
    ingest(SHELF)
    pack(out=tmp_path / "four")
    pack("--bits", "8", out=tmp_path / "eight")
    _, manifest, _, (part,), _ = read(tmp_path / "eight")
    assert {block["bits"] for block in manifest["vectors"]["blocks"]} == {8}
    _, rule, _, (rough,), _ = read(tmp_path / "four")
    fine = restored(part.rows, manifest["vectors"])
    difference = np.abs(fine - restored(rough.rows, rule["vectors"])).max()
    assert 0.01 < difference < 0.1
    assert np.abs(np.linalg.norm(fine, axis=1) - 1).max() < 0.01


def test_the_next_pack_says_what_changed(ingest, pack, read, tmp_path):
    more = [make_product(f"clay mug {i}") for i in range(8)]
    ingest([*SHELF, *more])
    _, (first,), _ = pack()
    ingest([{**SHELF[2], "price": {"amount": "99", "currency": "EUR"}}, make_product("clay mug 9")])
    catalogue = Catalogue(tmp_path / "data")
    catalogue.delete([(SHOP, SHELF[4]["itemId"])])
    catalogue.close()
    _, (second,), _ = pack()
    _, manifest, _, (part,), (delta,) = read()
    assert manifest["delta"]["previous"] == first["manifest"].removesuffix(".json")
    assert manifest["delta"]["removed"] == [SHELF[4]["itemId"]]
    assert sorted(delta.cards["title"]) == ["clay mug 9", "oak chair"]
    assert second["items"] == 13 == len(part.ids())
    assert second["deltaBytes"] < second["bytes"]
    # What changed is what the whole says, number by number.
    for row, item_id in enumerate(delta.ids()):
        assert delta.rows.row(row) == part.rows.row(part.ids().index(item_id))


def test_files_of_the_pack_before_stay_and_older_ones_go(ingest, pack, tmp_path):
    more = [make_product(f"clay mug {i}") for i in range(8)]
    ingest([*SHELF, *more])
    names = []
    for price in ("1", "2", "3"):
        ingest([{**SHELF[2], "price": {"amount": price, "currency": "EUR"}}])
        names.append(pack()[1][0]["manifest"])
    assert not (tmp_path / "packs" / names[0]).exists()
    assert (tmp_path / "packs" / names[1]).exists()
    assert (tmp_path / "packs" / names[2]).exists()


def test_a_pack_that_changed_whole_has_no_delta(ingest, pack, read):
    ingest(SHELF)
    pack()
    ingest([{**product, "title": f"{product['title']} new"} for product in SHELF])
    _, (summary,), _ = pack()
    assert summary["deltaBytes"] is None
    assert "delta" not in read()[1]


def test_the_pack_before_may_lie_in_another_folder(ingest, pack, read, tmp_path):
    ingest([*SHELF, *(make_product(f"clay mug {i}") for i in range(8))])
    pack(out=tmp_path / "before")
    ingest([make_product("clay mug 9")])
    pack("--previous", str(tmp_path / "before"), out=tmp_path / "after")
    _, _, _, _, (delta,) = read(tmp_path / "after")
    assert delta.cards["title"] == ["clay mug 9"]
    pack("--previous", str(tmp_path / "after"), out=tmp_path / "copy")
    assert snapshot(tmp_path / "copy").keys() <= snapshot(tmp_path / "after").keys()
    assert read(tmp_path / "copy")[4][0].cards["title"] == ["clay mug 9"]


def test_a_signed_pack_names_its_signer(ingest, pack, read, tmp_path):
    ingest(SHELF)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    pack()
    assert "signature" not in read()[0]
    _, (summary,), _ = pack("--sign", str(tmp_path / "key.pem"))
    entry, _, signer, _, _ = read(trusted={key.public_key().public_bytes_raw(): "Kelp"})
    assert (summary["signed"], signer.name) == (True, "Kelp")
    assert entry["signature"].endswith(".sig")
    code, _, error = pack("--sign", str(tmp_path / "packs" / "list.json"))
    assert code == 2
    assert "expected a private key that `python -m exporter keygen` made" in error


def test_several_shops_share_one_list(ingest, pack, tmp_path):
    ingest([*SHELF, make_product("tin cup", shop="linden.example")])
    _, summaries, _ = pack(shops=["linden.example", SHOP])
    assert [summary["items"] for summary in summaries] == [1, 5]
    listed = read_list((tmp_path / "packs" / "list.json").read_bytes())
    assert [entry["shop"] for entry in listed] == [SHOP, "linden.example"]


def test_a_shop_without_items_in_the_space_is_refused(ingest, pack, tmp_path):
    ingest(SHELF)
    code, _, error = pack(shops=["nowhere.example"])
    assert (code, error.startswith("error: nowhere.example: expected items in the catalogue")) == (2, True)
    other = make_tiny_bundle(tmp_path / "other", seed=6)
    assert pack(bundle=other)[0] == 2
    assert not (tmp_path / "packs" / "list.json").exists()


def test_an_item_without_a_title_is_left_out(ingest, pack, read):
    ingest([*SHELF, make_product("clay mug", title=None, description="a mug of clay")])
    _, (summary,), _ = pack()
    assert summary["items"] == 5 == len(read()[3][0].ids())


def test_a_damaged_folder_is_named_and_left_as_it_is(ingest, pack, tmp_path):
    ingest(SHELF)
    _, (summary,), _ = pack()
    manifest = tmp_path / "packs" / summary["manifest"]
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:-1])
    before = snapshot(tmp_path / "packs")
    ingest([make_product("clay mug")])
    code, _, error = pack()
    assert code == 2
    assert f"{summary['manifest']}: is not the file that its name says; remove its line from list.json" in error
    assert snapshot(tmp_path / "packs") == before
    manifest.unlink()
    assert pack()[0] == 2
    (tmp_path / "packs" / "list.json").write_text("[")
    assert "list.json: expected JSON; restore it" in pack()[2]


def test_the_list_is_written_last(ingest, pack, read, tmp_path, monkeypatch):
    ingest(SHELF)
    pack()
    shutil.copytree(tmp_path / "packs", tmp_path / "before")
    ingest([make_product("clay mug")])
    write_whole = publish.write_whole

    def write_until_the_list(path):
        if path.name == "list.json":
            raise OSError(28, "No space left on device", str(path))
        return write_whole(path)

    monkeypatch.setattr(publish, "write_whole", write_until_the_list)
    assert pack()[0] == 1
    assert read(tmp_path / "packs")[1] == read(tmp_path / "before")[1]


def test_a_time_of_packs_never_goes_back(ingest, pack, read, tmp_path):
    ingest(SHELF)
    catalogue = Catalogue(tmp_path / "data")
    catalogue.delete([(SHOP, SHELF[0]["itemId"])])
    catalogue.db.execute("UPDATE items SET changed_at = changed_at - 100 WHERE deleted = 0")
    pack(out=tmp_path / "one")
    catalogue.purge_tombstones(older_than_seconds=0)
    pack(out=tmp_path / "two")
    assert read(tmp_path / "one")[1]["created"] == read(tmp_path / "two")[1]["created"]
    catalogue.db.execute("UPDATE items SET changed_at = 0")
    catalogue.close()
    ingest([make_product("clay mug")])
    pack("--previous", str(tmp_path / "one"), out=tmp_path / "one")
    assert read(tmp_path / "one")[1]["created"] >= read(tmp_path / "two")[1]["created"]


def test_a_running_server_serves_the_same_bytes(pack, client, write, tmp_path):
    pack()
    base = f"/v1/shops/{SHOP}/pack"
    for name, content in snapshot(tmp_path / "packs").items():
        answer = client.get(f"{base}/{name}")
        assert (answer.status_code, answer.data) == (200, content)
        lasts = "no-cache" if name == "list.json" else "public, max-age=31536000, immutable"
        assert answer.headers["Cache-Control"] == lasts
    listed = client.get(base)
    assert listed.data == (tmp_path / "packs" / "list.json").read_bytes()
    assert client.get(base, headers={"If-None-Match": listed.headers["ETag"]}).status_code == 304
    assert write("PUT", {"products": [make_product("clay mug")]})["accepted"] == 1
    newer = client.get(base, headers={"If-None-Match": listed.headers["ETag"]})
    assert (newer.status_code, newer.data == listed.data) == (200, False)
    gone = client.get(f"{base}/{listed.json[0]['manifest']}")
    assert (gone.status_code, gone.json["code"]) == (404, "not_found")
    assert client.get("/v1/shops/nowhere.example/pack").json["code"] == "unknown_shop"


def test_probes_hold_the_vector_of_the_text_alone(ingest, pack, read, tiny_bundle):
    ingest(SHELF)
    pack()
    _, manifest, _, (part,), _ = read()
    bundle = load_bundle(tiny_bundle)
    encoder = Encoder(bundle.directory, bundle.manifest, 1)
    for probe in manifest["probes"]:
        title = part.cards["title"][probe["row"]]
        assert title in probe["text"]
        stated = np.frombuffer(base64.b64decode(probe["textVector"]), "<i2") / 32767
        assert stated == pytest.approx(encoder.embed([probe["text"]], [None])[0], abs=1e-4)

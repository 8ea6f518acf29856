"""The commands inspect and compare, on bundles whose facts the tests know from their own files."""

import json
import shutil

from exporter.__main__ import main
from exporter.card import card_of, lines_of
from exporter.compare import compare


def edit(bundle, change):
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_card_has_the_facts_of_manifest_and_files(tiny_bundle):
    card, manifest = card_of(tiny_bundle), json.loads((tiny_bundle / "manifest.json").read_text())
    assert (card["name"], card["space"], card["dim"]) == (manifest["name"], manifest["space"], manifest["dim"])
    named = [path for path in tiny_bundle.rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert card["bytes"] == sum(path.stat().st_size for path in named)
    sizes = {tower["tower"]: tower["bytes"] for tower in card["towers"]}
    for key, tower in manifest["towers"].items():
        assert sizes[key] == (tiny_bundle / tower["file"]).stat().st_size
    assert sum(card["download"].values()) == manifest["lite"]["downloadBytes"]
    # [PAD], [UNK], [CLS], [SEP], 26 letters and 26 letters that continue a word.
    assert card["tokenizer"]["pieces"] == 56
    assert card["tokenizer"]["scripts"] == {"latin": 1.0}
    assert (card["signature"], card["problems"]) == (None, [])


def test_card_for_people_names_licence_size_precision_and_signature(tiny_bundle, bundle, capsys):
    def with_origin(manifest):
        manifest["origin"] = [{"tower": "textEncoder", "source": "a shelf", "licence": "Apache-2.0"}]

    edit(bundle, with_origin)
    (bundle / "manifest.sig").write_text(json.dumps({"keyId": "abc123", "signature": "AAAA"}))
    assert main(["inspect", str(bundle)]) == 0
    printed = capsys.readouterr().out
    for words in ("Apache-2.0", "A browser downloads", "keyId abc123", "not checked here", "float32", "wordpiece"):
        assert words in printed
    assert "AAAA" not in printed
    assert "nobody vouches" in "\n".join(lines_of(card_of(tiny_bundle)))


def test_missing_and_cut_files_are_problems_on_the_card(bundle):
    towers = json.loads((bundle / "manifest.json").read_text())["towers"]
    (bundle / towers["userTower"]["file"]).unlink()
    with (bundle / towers["itemTower"]["file"]).open("ab") as file:
        file.write(b"x")
    problems = "\n".join(card_of(bundle)["problems"])
    assert f"{towers['userTower']['file']} is missing" in problems
    assert towers["itemTower"]["file"] in problems and "the manifest says" in problems


def test_json_of_both_commands_is_json(tiny_bundle, other_bundle, capsys):
    assert main(["inspect", str(tiny_bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dim"] == card_of(tiny_bundle)["dim"]
    assert main(["compare", str(tiny_bundle), str(other_bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["names"] == ["tiny", "other"]


def test_bundles_of_other_weights_must_not_be_mixed_and_the_reason_is_named(tiny_bundle, other_bundle, capsys):
    found = compare(tiny_bundle, other_bundle)
    manifest = json.loads((tiny_bundle / "manifest.json").read_text())
    item_files = {manifest["towers"][key]["file"] for key in ("textEncoder", "imageEncoder", "itemTower")}
    assert found["sameSpace"] is False
    assert set(found["decides"]) == {f"files.{name}.sha256" for name in item_files}
    assert main(["compare", str(tiny_bundle), str(other_bundle)]) == 0
    assert "must not be mixed" in capsys.readouterr().out


def test_statement_that_differs_leaves_vectors_mixable(tiny_bundle, bundle, capsys):
    def renamed(manifest):
        manifest["name"] = "renamed"
        manifest["speed"][0]["p50Ms"] = 123.0

    edit(bundle, renamed)
    found = compare(tiny_bundle, bundle)
    tower = json.loads((bundle / "manifest.json").read_text())["speed"][0]["tower"]
    assert found["sameSpace"] is True and found["decides"] == []
    assert [(d["field"], d["second"]) for d in found["differences"]] == [
        ("name", "renamed"), (f"speed.{tower}.p50Ms", 123.0),
    ]  # fmt: skip
    assert next(pair for pair in found["towers"] if pair["tower"] == tower)["p50Ms"][1] == 123.0
    assert main(["compare", str(tiny_bundle), str(bundle)]) == 0
    printed = capsys.readouterr().out
    assert "may be mixed" in printed and "2 fields differ" in printed


def test_bundle_beside_itself_has_no_difference(tiny_bundle, capsys):
    assert compare(tiny_bundle, tiny_bundle)["differences"] == []
    assert main(["compare", str(tiny_bundle), str(tiny_bundle)]) == 0
    assert "One bundle twice" in capsys.readouterr().out


def test_what_is_not_a_bundle_is_one_line(tiny_bundle, tmp_path, capsys):
    assert main(["inspect", str(tmp_path)]) == 2
    assert main(["compare", str(tiny_bundle), str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_tokenizer_without_a_vocabulary_is_one_clear_error(bundle, capsys):
    (bundle / "tokenizer.json").write_text("{}")
    assert main(["inspect", str(bundle)]) == 2
    assert "expected a tokenizer.json with a vocabulary" in capsys.readouterr().err


def test_older_format_is_refused_in_one_sentence(tiny_bundle, tmp_path, capsys):
    old = shutil.copytree(tiny_bundle, tmp_path / "old")
    edit(old, lambda manifest: manifest.update(format=1))
    assert main(["inspect", str(old)]) == 2
    assert "export it again" in capsys.readouterr().err

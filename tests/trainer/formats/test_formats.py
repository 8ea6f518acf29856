"""Tests of every format on small files of its own layout, with the exact expected result."""

import csv
import gzip
import io
import json
import pickle
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kernel.contracts import CONTRACTS
from tests.trainer.planted import product, write_products
from trainer.dataset.dataset import KINDS, product_error, read_dataset, read_interactions
from trainer.errors import ConfigError, DataError
from trainer.formats import conversion
from trainer.formats.conversion import convert
from trainer.formats.source import Options

PRODUCT_FIELDS = json.loads((CONTRACTS / "product.schema.json").read_text())["properties"]
NAIVE = datetime(2026, 3, 1, 9)  # noqa: DTZ001 - what a table without time zones holds


class Silent:
    def update(self, what, done, total):
        assert 0 <= done <= total

    def say(self, line):
        pass


def jpeg(colour=(200, 30, 30), size=(64, 48), kind="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format=kind)
    return buffer.getvalue()


def prepared(tmp_path, name, *sources, again=False, **options):
    out = tmp_path / "out"
    document = convert(name, sources or (tmp_path / "in",), out, Options(**options), Silent(), again=again)
    products = [json.loads(line) for line in (out / "products.jsonl").read_text().splitlines()]
    assert [product_error(each) for each in products] == [None] * len(products)
    return document, products


def rows_of(tmp_path):
    with (tmp_path / "out" / "interactions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def sequences(source, texts="a red mug\nb blue  lamp\nc green chair\n", users="ann a b\nbob c a c\n"):
    (source / "item_text.txt").write_text(texts)
    (source / "user_sequence.txt").write_text(users)


def test_sequences_become_days_in_the_order_of_the_line(tmp_path, source):
    sequences(source)
    document, products = prepared(tmp_path, "sequences", shop="mugs.example")
    assert [each["title"] for each in products] == ["red mug", "blue lamp", "green chair"]
    assert "brand" not in products[0]
    by_id = {each["itemId"]: each["title"] for each in products}
    assert [(row["user"], by_id[row["itemId"]], row["time"]) for row in rows_of(tmp_path)] == [
        ("ann", "red mug", "1970-01-01T00:00:00Z"),
        ("ann", "blue lamp", "1970-01-02T00:00:00Z"),
        ("bob", "green chair", "1970-01-01T00:00:00Z"),
        ("bob", "red mug", "1970-01-02T00:00:00Z"),
        ("bob", "green chair", "1970-01-03T00:00:00Z"),
    ]
    assert document["counts"] == {"products": 3, "images": 0, "interactions": 5, "users": 2}
    dataset = read_dataset([tmp_path / "out" / "products.jsonl"], tmp_path / "out" / "interactions.csv")
    assert np.diff(dataset.interactions.ptr).tolist() == [2, 3]
    assert {each["shop"] for each in dataset.products} == {"mugs.example"}


def test_brands_are_guessed_only_on_request_and_noted_as_guesses(tmp_path, source):
    sequences(source)
    document, products = prepared(tmp_path, "sequences", brand_from_first_word=True)
    assert [each["brand"] for each in products] == ["red", "blue", "green"]
    assert any("guess" in note for note in document["notes"])
    assert document["input"]["options"]["brand_from_first_word"] is True
    assert products[0]["shop"] == "in.example"


def test_invalid_records_are_dropped_counted_and_shown(tmp_path, source):
    texts = "".join(f"i{n} word{n}\n" for n in range(30)) + "lonely\ni3 again\n"
    sequences(source, texts, "ann i1 i2 nothing\n" + "".join(f"u{n} i{n}\n" for n in range(12)) + "empty\n")
    document, products = prepared(tmp_path, "sequences")
    assert len(products) == 30
    dropped = document["dropped"]
    assert dropped["products"]["item without text"]["count"] == 1
    assert dropped["products"]["item without text"]["first"] == [
        f"{source}/item_text.txt:31: expected an item's name and its text, got 'lonely'"
    ]
    assert dropped["products"]["the same item twice"]["count"] == 1
    assert products[3]["title"] == "word3"
    assert dropped["interactions"]["with an item that is not there"]["first"] == [
        f"{source}/user_sequence.txt:1: no product nothing"
    ]
    assert dropped["interactions"]["user without items"]["count"] == 1
    with pytest.raises(DataError, match=r"item_text.txt:31: expected an item's name"):
        convert("sequences", (source,), tmp_path / "strict", Options(strict=True), Silent())


def test_more_than_a_tenth_of_invalid_lines_is_an_error(tmp_path, source):
    sequences(source, "a red mug\n" * 1 + "".join(f"x{n}\n" for n in range(9)))
    with pytest.raises(
        DataError, match=r"9 of 10 products are invalid, more than 10%; check --format. The first: .*:2"
    ):
        prepared(tmp_path, "sequences")
    assert not (tmp_path / "out" / "prepare.json").exists()


def test_images_that_fail_alike_are_counted_together(tmp_path):
    """Images are counted by the error's group, because each message names the image's size."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "item_info.csv").write_text("item_id,title\n" + "".join(f"i{n},Cup {n}\n" for n in range(40)))
    (folder / "interactions.csv").write_text("user_id,item_id\nu,i0\n")
    images = folder / "images"
    images.mkdir()
    for n in range(36):
        (images / f"i{n}.jpg").write_bytes(jpeg())
    (images / "i36.jpg").write_bytes(jpeg(size=(9, 40)))
    (images / "i37.jpg").write_bytes(jpeg(size=(40, 8)))
    document, _ = prepared(tmp_path, "item_info", images=str(images))
    assert {group: found["count"] for group, found in document["dropped"]["images"].items()} == {"too small": 2}


STYLES = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName,has_image\n"


def test_fashion_reads_styles_and_images_from_a_folder_or_a_zip(tmp_path, source):
    rows = [f"{n},Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011.0,Casual,Shirt &amp; Tie {n},1" for n in range(11)]
    (source / "styles.csv").write_text(STYLES + "\n".join([*rows, "99,too,few"]) + "\n")
    (source / "images").mkdir()
    (source / "images" / "3.jpg").write_bytes(jpeg())
    (source / "images" / "4.png").write_bytes(jpeg(kind="PNG"))
    (source / "images" / "5.jpg").write_bytes(jpeg()[:-200])
    document, products = prepared(tmp_path, "fashion")
    assert products[3]["title"] == "Shirt & Tie 3"
    assert products[3]["categoryPath"] == ["Apparel", "Topwear", "Shirts"]
    assert products[3]["attributes"]["color"] == "Navy Blue"
    assert document["counts"]["images"] == 2
    assert document["dropped"]["products"]["cells do not match the header"]["count"] == 1
    assert sum(reason["count"] for reason in document["dropped"]["images"].values()) == 1
    images = tmp_path / "out" / "images"
    assert {path.stem for path in images.iterdir()} == {products[n]["itemId"] for n in (3, 4)}
    assert (images / f"{products[3]['itemId']}.jpg").read_bytes() == jpeg()
    with Image.open(images / f"{products[4]['itemId']}.jpg") as converted:
        assert converted.format == "JPEG"
    import zipfile

    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("../../7.jpg", jpeg())
    other = tmp_path / "zip"
    convert("fashion", (source / "styles.csv", tmp_path / "images.zip"), other, Options(only_with_image=True), Silent())
    assert [path.stem for path in (other / "images").iterdir()] == [products[7]["itemId"]]
    assert len((other / "products.jsonl").read_text().splitlines()) == 1


def test_item_info_reads_numbers_attributes_ratings_and_times(tmp_path, source):
    (source / "item_info.csv").write_text(
        "item_id,title,description,price,weight_kg,colour,constant,broken\n"
        'a,"Mug, red",<b>Holds</b> tea.,"1,249.50",0.5,red,7,1\n'
        "b,Lamp,,n/a,nan,blue,7,2\n"
        "c,Chair,Four legs,30,2,green,7,many\n"
        "d,Table,,20,3,green,7,\n" + "".join(f"e{n},Thing {n},,5,{n},red,7,{n}\n" for n in range(9))
    )
    (source / "interactions.csv").write_text(
        "user_id,item_id,rating,timestamp\nann,a,5,1700000000\nann,b,2,1700000000500\nbob,c,,2026-03-01T09:30:00+02:00\n"
    )
    (source / "images").mkdir()
    (source / "images" / "a.jpg").write_bytes(jpeg())
    document, products = prepared(tmp_path, "item_info")
    assert products[0]["title"] == "Mug, red"
    assert products[0]["description"] == "Holds tea."
    assert products[0]["price"] == {"amount": "1249.5"}
    assert products[0]["attributes"] == {"colour": "red", "weightKg": "0.5", "broken": "1"}
    assert products[1]["attributes"] == {"colour": "blue", "broken": "2"}
    assert "price" not in products[1]
    assert document["numbers"]["constant"]["is_constant"] is True
    assert document["numbers"]["weight_kg"]["num_unreadable"] == 1
    assert document["counts"]["images"] == 1
    names = {each["itemId"]: each["title"] for each in products}
    found = [(row["user"], names[row["itemId"]], row["kind"], row["time"], row["weight"]) for row in rows_of(tmp_path)]
    assert found == [
        ("ann", "Mug, red", "rating", "2023-11-14T22:13:20Z", "1.0"),
        ("ann", "Lamp", "rating", "2023-11-14T22:13:20.500Z", "0.0"),
        ("bob", "Chair", "purchase", "2026-03-01T07:30:00Z", "1.0"),
    ]


META = {
    "parent_asin": "B01",
    "title": "Rose &amp; Oil",
    "features": ["Soft.", "Fresh."],
    "description": ["Made of roses."],
    "price": 12.5,
    "images": [{"large": "https://m.example/l.jpg", "hi_res": None, "thumb": "https://m.example/t.jpg"}],
    "store": "Rosa",
    "categories": ["Beauty", "Oils"],
    "details": {"Color": "Pink", "Package Dimensions": "3 x 3"},
    "average_rating": 4.2,
    "rating_number": 17,
    "main_category": "All Beauty",
}


def amazon(source, metas, reviews):
    with gzip.open(source / "meta_Beauty.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(meta) + "\n" for meta in metas))
    (source / "Beauty.jsonl").write_text("".join(json.dumps(review) + "\n" for review in reviews))


def test_amazon_reviews_2023(tmp_path, source):
    others = [
        {
            **META,
            "parent_asin": f"B1{n}",
            "price": price,
            "images": {"large": ["https://m.example/x.jpg"]},
            "details": {},
        }
        for n, price in enumerate([None, "—", "from 9.99", "$1,299.00", *[1] * 9])
    ]
    review = {"user_id": "U1", "parent_asin": "B01", "asin": "B00", "rating": 5.0, "timestamp": 1588687728923}
    reviews = [
        {**review, "verified_purchase": True},
        {**review, "parent_asin": "B13", "rating": 1.0, "verified_purchase": False},
        *({**review, "user_id": f"U{n}"} for n in range(20)),
        {**review, "timestamp": None},
        {**review, "parent_asin": None},
    ]
    amazon(source, [META, *others, {**META, "parent_asin": ""}], reviews)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "B01.jpg").write_bytes(jpeg())
    document, products = prepared(tmp_path, "amazon2023", images=str(tmp_path / "images"))
    assert products[0] | {"provenance": {}} == {
        "shop": "amazon.com",
        "itemId": products[0]["itemId"],
        "url": "https://www.amazon.com/dp/B01",
        "title": "Rose & Oil",
        "description": "Soft. Fresh. Made of roses.",
        "brand": "Rosa",
        "categoryPath": ["Beauty", "Oils"],
        "images": ["https://m.example/l.jpg"],
        "price": {"amount": "12.5", "currency": "USD"},
        "attributes": {"color": "Pink"},  # no rating, because it includes reviews that a split holds out
        "provenance": {},
        "verdict": "product",
    }
    assert [each.get("price", {}).get("amount") for each in products[1:5]] == [None, None, None, "1299"]
    rows = rows_of(tmp_path)
    assert (rows[0]["kind"], rows[0]["weight"], rows[0]["time"]) == ("purchase", "1.0", "2020-05-05T14:08:48.923Z")
    assert (rows[1]["kind"], rows[1]["weight"]) == ("rating", "0.0")
    assert document["counts"] == {"products": 14, "images": 1, "interactions": 22, "users": 20}
    assert document["dropped"]["interactions"]["expected timestamp in milliseconds"]["count"] == 1


def dvbpr_file(path, protocol=2, item=None, word=str.encode):
    users = [
        {0: [{word("productid"): 2}, {word("productid"): 0}], 1: [{word("productid"): 1}]},
        {0: [{word("productid"): 1}]},
        {1: []},
    ]
    items = {
        0: {word("imgs"): jpeg(), word("asin"): b"B0000", word("categories"): [[b"Clothing", b"Dresses"]]},
        1: {word("imgs"): jpeg((0, 0, 200))},
        2: {word("imgs"): b"no image", word("c"): 3} if item is None else item,
    }
    content = np.empty(6, dtype=object)
    content[:] = [*users, items, 2, np.int64(3)]
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(content))
        pickle.dump(content, file, protocol=protocol)
    return path


@pytest.mark.parametrize(("protocol", "word"), [(2, str.encode), (3, str), (5, str.encode)])
def test_dvbpr_arrays_give_items_images_and_users_in_order(tmp_path, protocol, word):
    path = dvbpr_file(tmp_path / "AmazonFashion.npy", protocol, word=word)
    assert np.load(path, allow_pickle=True, encoding="bytes")[3][0][word("asin")] == b"B0000"  # as NumPy reads it
    document, products = prepared(tmp_path, "dvbpr", path, shop="fashion.example")
    assert [each["title"] for each in products] == ["Dresses", "Item 1", "Item 2"]
    assert products[0]["sku"] == "B0000"
    assert document["counts"] == {"products": 3, "images": 2, "interactions": 4, "users": 2}
    names = {each["itemId"]: each["title"] for each in products}
    assert [(row["user"], names[row["itemId"]]) for row in rows_of(tmp_path)] == [
        ("0", "Item 2"), ("0", "Dresses"), ("0", "Item 1"), ("1", "Item 1"),
    ]  # fmt: skip
    assert any("no titles" in note for note in document["notes"])


class Runs:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_pickle_that_calls_a_function_is_refused_before_it_runs(tmp_path):
    import os

    path = dvbpr_file(tmp_path / "evil.npy", item=Runs(os.mkdir, str(tmp_path / "ran")))
    with pytest.raises(DataError, match=r"evil.npy: refuses to load posix.mkdir"):
        prepared(tmp_path, "dvbpr", path)
    inner = pickle.dumps(Runs(os.mkdir, str(tmp_path / "ran")))
    np_scalar = np.array([1.0]).item  # numpy.core.multiarray.scalar would unpickle what an object scalar holds
    assert np_scalar() == 1.0
    path = dvbpr_file(tmp_path / "evil2.npy", item=Runs(np._core.multiarray.scalar, np.dtype("O"), inner))
    with pytest.raises(DataError, match=r"evil2.npy: not a .npy file of Python objects: expected a number"):
        prepared(tmp_path, "dvbpr", path)
    path = dvbpr_file(tmp_path / "evil3.npy", item=Runs(eval, "1 + 1"))
    with pytest.raises(DataError, match=r"refuses to load (__builtin__|builtins).eval"):
        prepared(tmp_path, "dvbpr", path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04 no array"])
def test_a_damaged_npy_is_one_clear_error(tmp_path, content):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"x.npy: not a .npy file"):
        prepared(tmp_path, "dvbpr", tmp_path / "x.npy")
    np.save(tmp_path / "numbers.npy", np.arange(3))
    with pytest.raises(DataError, match="got numbers of type int64"):
        prepared(tmp_path, "dvbpr", tmp_path / "numbers.npy")


def test_carryover_format_is_cleaned_and_keeps_its_ids(tmp_path, source):
    items = [{**product(n, f"Mug {n}"), "description": "<p>Tea &amp; more</p>"} for n in range(12)]
    broken = {**items[0], "itemId": "short"}
    older = {**items[1], "title": "Mug 1, last year's"}
    listing = {**product(50, "x"), "verdict": "listing"}
    write_products(source / "products.jsonl", [older, *items, broken, listing])
    line = {"user": "ann", "kind": "cart", "time": "2026-03-01T10:00:00Z", "weight": 2.5}
    rows = [{**line, "shop": each["shop"], "itemId": each["itemId"]} for each in items]
    with (source / "interactions.jsonl").open("w") as file:
        file.write("".join(json.dumps(row) + "\n" for row in [*rows, {**rows[0], "kind": "look"}]))
    (source / "images").mkdir()
    (source / "images" / f"{items[2]['itemId']}.jpg").write_bytes(jpeg(size=(900, 300)))
    document, products = prepared(tmp_path, "carryover")
    titles = {(each["shop"], each["itemId"]): each["title"] for each in products}
    assert titles == {(each["shop"], each["itemId"]): each["title"] for each in items}
    assert "Tea & more" in {each.get("description") for each in products}
    assert document["dropped"]["products"]["not a product: $.itemId"]["count"] == 1
    assert document["counts"] == {"products": 12, "images": 1, "interactions": 12, "users": 1}
    with Image.open(tmp_path / "out" / "images" / f"{items[2]['itemId']}.jpg") as image:
        assert image.size == (512, 171)
    assert {row["weight"] for row in rows_of(tmp_path)} == {"2.5"}


def test_parquet_and_csv_hold_the_same_interactions(tmp_path, source):
    sequences(source)
    prepared(tmp_path, "sequences")
    convert("sequences", (source,), tmp_path / "parquet", Options(parquet=True), Silent())
    ours = list(read_interactions(tmp_path / "parquet" / "interactions.parquet"))
    assert ours == list(read_interactions(tmp_path / "out" / "interactions.csv"))
    assert len(ours) == 5
    again = convert("carryover", (tmp_path / "parquet",), tmp_path / "again", Options(), Silent())
    assert again["counts"]["interactions"] == 5


def test_parquet_times_may_be_timestamps_and_invalid_rows_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")  # the reader's time zone has no effect
    time.tzset()

    def write(**change):
        row = {"user": "ann", "shop": "s.example", "itemId": "0" * 16, "kind": "view", "time": NAIVE}
        columns = {name: [value, {**row, **change}[name]] for name, value in row.items()}
        pq.write_table(pa.table({**columns, "weight": [None, 2.0]}), tmp_path / "i.parquet")
        return tmp_path / "i.parquet"

    rows = list(read_interactions(write()))
    assert [row.weight for row in rows] == [1.0, 2.0]
    assert rows[0].time_days == NAIVE.replace(tzinfo=UTC).timestamp() / 86_400
    with pytest.raises(DataError, match=r"i.parquet:2: kind must be one of"):
        list(read_interactions(write(kind="look")))
    (tmp_path / "i.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match=r"i.parquet: cannot be read as Parquet"):
        list(read_interactions(tmp_path / "i.parquet"))
    monkeypatch.undo()
    time.tzset()


def test_prepare_skips_a_finished_result_and_overwrites_no_other(tmp_path, source):
    sequences(source)
    first, _ = prepared(tmp_path, "sequences")
    before = (tmp_path / "out" / "prepare.json").stat().st_mtime_ns
    assert prepared(tmp_path, "sequences")[0] == first
    assert (tmp_path / "out" / "prepare.json").stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match=r"holds another preparation \(shop was None and is now x.example\)"):
        prepared(tmp_path, "sequences", shop="x.example")
    _, products = prepared(tmp_path, "sequences", shop="x.example", again=True)
    assert {each["shop"] for each in products} == {"x.example"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for again in (False, True):
        with pytest.raises(ConfigError, match="not empty and was not written by prepare"):
            convert("sequences", (source,), tmp_path / "mine", Options(), Silent(), again=again)


def mugs(source):
    """Write two items in the item_info format, the first with an image."""
    (source / "item_info.csv").write_text("item_id,title\na,Red mug\nb,Blue mug\n")
    (source / "interactions.csv").write_text("user_id,item_id,timestamp\nann,a,1700000000\n")
    (source / "images").mkdir()
    (source / "images" / "a.jpg").write_bytes(jpeg())


def packed(source, **images):
    import zipfile

    with zipfile.ZipFile(source / "packed.zip", "w") as archive:
        for name, content in images.items():
            archive.writestr(f"{name}.jpg", content)
    return str(source / "packed.zip")


def test_an_added_or_changed_image_changes_the_fingerprint(tmp_path, source):
    mugs(source)
    first, products = prepared(tmp_path, "item_info")
    assert prepared(tmp_path, "item_info")[0] == first
    (source / "images" / "b.jpg").write_bytes(jpeg((0, 0, 200)))
    with pytest.raises(ConfigError, match=r"holds another preparation \(num_images was 1 and is now 2\)"):
        prepared(tmp_path, "item_info")
    document, _ = prepared(tmp_path, "item_info", again=True)
    assert document["counts"]["images"] == 2
    (source / "images" / "b.jpg").write_bytes(jpeg((0, 200, 0)))
    with pytest.raises(ConfigError, match=r"holds another preparation \(images_sha256 was "):
        prepared(tmp_path, "item_info")
    prepared(tmp_path, "item_info", again=True)
    assert (tmp_path / "out" / "images" / f"{products[1]['itemId']}.jpg").read_bytes() == jpeg((0, 200, 0))


def test_a_changed_image_in_a_zip_changes_the_fingerprint(tmp_path, source):
    mugs(source)
    prepared(tmp_path, "item_info", images=packed(source, a=jpeg()))
    with pytest.raises(ConfigError, match=r"num_images was 1 and is now 2"):
        prepared(tmp_path, "item_info", images=packed(source, a=jpeg(), b=jpeg()))


def test_a_changed_image_is_not_kept_from_an_interrupted_preparation(tmp_path, source, monkeypatch):
    mugs(source)
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(conversion, "_write_products", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        prepared(tmp_path, "item_info")
    assert len(list((tmp_path / "out" / "images").iterdir())) == 1
    (source / "images" / "a.jpg").write_bytes(jpeg((0, 200, 0)))
    _, products = prepared(tmp_path, "item_info")
    assert (tmp_path / "out" / "images" / f"{products[0]['itemId']}.jpg").read_bytes() == jpeg((0, 200, 0))


def test_an_unreadable_image_is_dropped_and_keeps_the_fingerprint(tmp_path, source):
    mugs(source)
    (source / "images" / "b.jpg").mkdir()
    first, _ = prepared(tmp_path, "item_info")
    assert sum(reason["count"] for reason in first["dropped"]["images"].values()) == 1
    assert prepared(tmp_path, "item_info")[0] == first


def test_without_loose_images_the_files_alone_are_the_fingerprint(tmp_path, source):
    """So the prepare.json of an earlier version, which holds nothing else, still matches."""
    sequences(source)
    known = {"format", "version", "options", "files"}
    assert prepared(tmp_path, "sequences")[0]["input"].keys() == known
    path = dvbpr_file(tmp_path / "fashion.npy")
    assert convert("dvbpr", (path,), tmp_path / "dvbpr", Options(), Silent())["input"].keys() == known
    (source / "styles.csv").write_text(STYLES + "7,Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,Shirt,1\n")
    sources = (source / "styles.csv", Path(packed(source, **{"7": jpeg()})))
    assert convert("fashion", sources, tmp_path / "fashion", Options(), Silent())["input"].keys() == known


def test_an_interrupted_preparation_resumes_to_the_same_result(tmp_path, source, monkeypatch):
    rows = [f"{n},Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Shirt {n},1" for n in range(8)]
    (source / "styles.csv").write_text(STYLES + "\n".join(rows) + "\n")
    (source / "images").mkdir()
    for n in range(8):
        (source / "images" / f"{n}.jpg").write_bytes(jpeg((n * 20, 0, 0), size=(600, 600)))
    whole = convert("fashion", (source,), tmp_path / "whole", Options(shop="a.example"), Silent())
    real, done = conversion.clean_image, []

    def clean_and_stop(content, rule):
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(content)
        return real(content, rule)

    monkeypatch.setattr(conversion, "clean_image", clean_and_stop)
    with pytest.raises(KeyboardInterrupt):
        convert("fashion", (source,), tmp_path / "out", Options(shop="a.example"), Silent())
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {".prepare-started.json", "images"}
    monkeypatch.setattr(conversion, "clean_image", lambda content, rule: done.append(content) or real(content, rule))
    assert convert("fashion", (source,), tmp_path / "out", Options(shop="a.example"), Silent()) == whole
    assert len(done) == 8  # none twice
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize(
    ("name", "files", "message"),
    [
        ("sequences", {}, r"the sequences format needs user_sequence.txt in it"),
        ("item_info", {"item_info.csv": "id\n1\n", "interactions.csv": "user_id,item_id\n"}, "item_id, title, got"),
        ("fashion", {"styles.csv": ""}, r"styles.csv: is empty; expected a header with id, productDisplayName"),
        ("amazon2023", {"meta_x.jsonl": ""}, r"needs meta_\*.jsonl and the reviews"),
        ("carryover", {"products.jsonl": ""}, r"one of interactions.csv, interactions.jsonl, interactions.parquet in"),
        ("sequences", {"item_text.txt": b"\xff\xfe", "user_sequence.txt": ""}, r"item_text.txt: is not UTF-8"),
        ("sequences", {"item_text.txt": "a b\n", "user_sequence.txt": "u z\n"}, "none of 1 interactions is with"),
        ("sequences", {"item_text.txt": "", "user_sequence.txt": ""}, r"expected products, found none that is usable"),
    ],
)  # fmt: skip
def test_another_format_is_refused_with_the_expected_files(tmp_path, source, name, files, message):
    for file, content in files.items():
        (source / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message):
        prepared(tmp_path, name)


def test_kind_option_accepts_every_kind_of_the_contract():
    assert {Options(kind=kind).kind for kind in KINDS} == set(KINDS)
    with pytest.raises(ConfigError, match="--kind must be one of view"):
        Options(kind="look")
    with pytest.raises(ConfigError, match="--shop must be a name"):
        Options(shop="../x y")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_field_value_is_kept_or_dropped_and_breaks_no_other_record(data):
    """One line of twenty has arbitrary values in some of its fields; the other nineteen must be read."""
    good = [{**META, "parent_asin": f"B{n}"} for n in range(19)]
    strange_meta = {**META, **data.draw(st.dictionaries(st.sampled_from(sorted(META)), VALUES, max_size=4))}
    review = {"user_id": "U", "parent_asin": "B1", "rating": 5.0, "timestamp": 1588687728923}
    strange_review = {**review, **data.draw(st.dictionaries(st.sampled_from(sorted(review)), VALUES, max_size=2))}
    ours = [product(n, f"Mug {n}") for n in range(19)]
    strange_product = {
        **ours[0],
        **data.draw(st.dictionaries(st.sampled_from(sorted(PRODUCT_FIELDS)), VALUES, max_size=4)),
    }
    row = {
        "user": "u",
        "shop": ours[1]["shop"],
        "itemId": ours[1]["itemId"],
        "kind": "view",
        "time": "2026-03-01T10:00:00Z",
    }
    strange_row = {**row, **data.draw(st.dictionaries(st.sampled_from([*row, "weight", "x"]), VALUES, max_size=3))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("amazon", "ours", "ours/images"):
            (folder / part).mkdir()
        amazon(folder / "amazon", [*good, strange_meta], [review] * 19 + [strange_review])
        write_products(folder / "ours" / "products.jsonl", [*ours, strange_product])
        (folder / "ours" / "interactions.jsonl").write_text(
            "".join(json.dumps(r) + "\n" for r in [row] * 19 + [strange_row])
        )
        (folder / "ours" / "images" / f"{ours[1]['itemId']}.jpg").write_bytes(jpeg())
        for source, form in (("amazon", "amazon2023"), ("ours", "carryover")):
            document = convert(form, (folder / source,), folder / "out" / source, Options(summarise=40), Silent())
            assert document["counts"]["products"] >= 18
            assert document["counts"]["interactions"] >= 19
            out = folder / "out" / source
            dataset = read_dataset([out / "products.jsonl"], out / "interactions.csv")
            assert len(dataset.products) == document["counts"]["products"]

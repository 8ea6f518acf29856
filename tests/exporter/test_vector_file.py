"""Vectors on disk: whatever a killed process left behind, the next one ends with the same bytes."""

import json

import numpy as np
import pytest

from encoders.product_lines import Line
from exporter.embed_chunks import Counts, EncodedChunk, Row
from exporter.errors import BundleError
from exporter.vector_file import VectorFile, read_finished

DIM = 3
ORIGIN = {"products": "p", "images": "", "bundleId": "b", "space": "s", "dim": DIM, "chunkLines": 2}
NAMES = ("vectors.npy", "vectors.rows.jsonl", "vectors.json")


def chunk(number):
    """Return the chunk of lines 2n + 1 and 2n + 2; the second chunk has one product only."""
    lines = [2 * number + 1] if number == 1 else [2 * number + 1, 2 * number + 2]
    rows = [Row(line, "shop.example", f"i{line} ü") for line in lines]
    vectors = np.array([[line, -line, 0.5] for line in lines], dtype=np.float32)
    counts = Counts(rejected=2 - len(lines), skipped={"listing": 1}, with_image=1)
    return EncodedChunk(vectors, rows, [], counts, Line(2 * number + 2, None, None, 100 * (number + 1)))


def written(out, upto=4):
    file = VectorFile(out, ORIGIN)
    for number in range(file.last.number // 2 if file.last else 0, upto):
        file.append(chunk(number))
    return file


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the bytes of each finished file, of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "vectors.npy"
    written(out).finish()
    assert sorted(path.name for path in out.parent.iterdir()) == sorted(NAMES)
    return {name: out.with_name(name).read_bytes() for name in NAMES}


def test_finished_files_are_numpy_s_rows_and_counts(whole, tmp_path):
    (tmp_path / "a.npy").write_bytes(whole["vectors.npy"])
    lines = [1, 2, 3, 5, 6, 7, 8]
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), [[line, -line, 0.5] for line in lines])
    rows = [json.loads(line) for line in whole["vectors.rows.jsonl"].decode().splitlines()]
    assert rows == [
        {"row": at, "line": line, "shop": "shop.example", "itemId": f"i{line} ü"} for at, line in enumerate(lines)
    ]
    about = json.loads(whole["vectors.json"])
    assert about["rows"] == 7
    assert about["counts"] == {"rejected": 1, "skipped": {"listing": 4}, "with_image": 4, "unusable_images": 0}


@pytest.mark.parametrize("done", range(5))
@pytest.mark.parametrize("junk", [b"", b"x", b"\x00" * 40])
def test_what_was_written_beyond_the_progress_is_cut_off(done, junk, whole, tmp_path):
    out = tmp_path / "vectors.npy"
    written(out, done).close()
    for name in ("vectors.npy.partial", "vectors.rows.jsonl.partial"):
        with (tmp_path / name).open("ab") as file:
            file.write(junk)
    again = written(out)
    assert again.num_rows == 7
    again.finish()
    assert {name: (tmp_path / name).read_bytes() for name in NAMES} == whole


@pytest.mark.parametrize("name", ["vectors.npy.partial", "vectors.rows.jsonl.partial"])
def test_a_partial_file_that_lost_bytes_begins_anew(name, whole, tmp_path):
    out = tmp_path / "vectors.npy"
    written(out, 2).close()
    short = (tmp_path / name).read_bytes()[:-1]
    (tmp_path / name).write_bytes(short)
    again = VectorFile(out, ORIGIN)
    assert (again.last, again.num_rows, again.counts) == (None, 0, Counts())
    again.close()
    written(out).finish()
    assert {each: (tmp_path / each).read_bytes() for each in NAMES} == whole


@pytest.mark.parametrize("changed", sorted(ORIGIN))
def test_another_origin_begins_anew(changed, tmp_path):
    out = tmp_path / "vectors.npy"
    written(out, 2).close()
    other = ORIGIN | {changed: 5 if isinstance(ORIGIN[changed], int) else "other"}
    again = VectorFile(out, other)
    assert again.num_rows == 0
    again.close()


def test_finished_vectors_are_known_by_their_origin(tmp_path):
    out = tmp_path / "vectors.npy"
    assert read_finished(out, ORIGIN) is None
    written(out).finish()
    assert read_finished(out, ORIGIN) == (7, Counts(1, {"listing": 4}, 4, 0))
    assert read_finished(out, ORIGIN | {"space": "other"}) is None
    out.with_suffix(".json").write_text("{")
    assert read_finished(out, ORIGIN) is None


def test_another_ending_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(BundleError, match=r"vectors\.txt: expected a name that ends in \.npy"):
        VectorFile(tmp_path / "deep" / "vectors.txt", ORIGIN)
    assert not (tmp_path / "deep").exists()

import json
from pathlib import Path

import pytest

from tests.trainer.planted import write_run
from trainer.__main__ import main
from trainer.dataset.dataset import read_dataset
from trainer.errors import DataError
from trainer.prepare import find_files, split_dataset
from trainer.recipes.run_file import read_config
from trainer.splits.files import load_split


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path)


def data_of(config):
    return read_dataset(find_files(config.data.products), Path(config.data.interactions))


def test_a_run_uses_the_saved_split_that_it_names(tmp_path, run, capsys):
    assert main(["split", str(run), "--out", str(tmp_path / "split.json")]) == 0
    assert f"saved: {tmp_path / 'split.json'}" in capsys.readouterr().out
    other_seed = run.read_text().replace("seed = 7", "seed = 8")
    run.write_text(other_seed.replace("[split]", f'[split]\nfile = "{tmp_path / "split.json"}"'))
    config = read_config(run)
    named = split_dataset(data_of(config), config)
    saved = load_split(tmp_path / "split.json", data_of(config))
    assert named.test.users.tolist() == saved.test.users.tolist()
    assert len(named.info["file_sha256"]) == 64
    run.write_text(other_seed)
    config = read_config(run)
    assert split_dataset(data_of(config), config).test.users.tolist() != saved.test.users.tolist()


def test_split_refuses_a_saved_split_that_leaks(tmp_path, run):
    assert main(["split", str(run), "--out", str(tmp_path / "split.json")]) == 0
    document = json.loads((tmp_path / "split.json").read_text())
    document["train"] = sorted({*document["train"], document["test_may_see"][0]})
    (tmp_path / "split.json").write_text(json.dumps(document))
    run.write_text(run.read_text().replace("[split]", f'[split]\nfile = "{tmp_path / "split.json"}"'))
    config = read_config(run)
    with pytest.raises(DataError, match="the catalogue split leaks: 1 test users are in training"):
        split_dataset(data_of(config), config)


def test_split_describes_a_split_and_refuses_to_save_it_twice(tmp_path, run, capsys):
    assert main(["split", str(run)]) == 0
    out = capsys.readouterr().out
    assert "catalogue split of 1,800 interactions" in out
    assert "near_clones" in out
    run.write_text(run.read_text().replace("[split]", '[split]\nfile = "x.npz"'))
    assert main(["split", str(run), "--out", str(tmp_path / "y.npz")]) == 2
    assert "split.file names a saved split already" in capsys.readouterr().err
    assert main(["split", str(run)]) == 2
    assert "x.npz: cannot be read" in capsys.readouterr().err

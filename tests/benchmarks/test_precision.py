"""Which bundles the benchmark of precisions takes."""

import pytest

from benchmarks import precision


def test_a_bundle_of_token_tables_is_refused_in_words(lite_bundle, capsys):
    with pytest.raises(SystemExit) as stopped:
        precision.main(["--bundle", str(lite_bundle)])
    assert stopped.value.code == 2
    assert "--text minilm" in capsys.readouterr().err

"""A token table in real Chromium, as the benchmark runs it."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.browser.__main__ import measure
from benchmarks.browser.browsers import CHROMIUM, built_extension, chromium
from encoders.encoder import Encoder
from exporter.publish import publish
from exporter.verify import verify
from tests.exporter import tiny_table

pytestmark = [pytest.mark.browser, pytest.mark.long]
TEXTS = ["Red shirt", "rotes Hemd", "Рубашка, красная", "赤いシャツ 2枚", "قميص أحمر", "셔츠 빨강", "Café Straße 32GB"]


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no Chromium at {CHROMIUM}")
def test_table_bundle_gives_the_server_s_vectors_without_webassembly(driver, tmp_path):
    draft, bundle = tiny_table.draft(), tmp_path / "bundle"
    publish(draft.files(), draft.manifest(), bundle, verify)
    extension = built_extension(tmp_path, bundle)
    for is_source in (True, False):
        folder = extension.folder("chromium", is_source=is_source)
        found = measure(partial(chromium, driver), folder, bundle, TEXTS, is_offered=is_source)
        check(found, bundle)


def check(found, bundle):
    """Check that no WebAssembly ran, that the browser had four files, and that the vectors are the server's."""
    assert (found["compilations"], found["runtimeFiles"]) == (0, [])
    assert found["downloads"].keys() == {"manifest.json", "tokens.bin", "shop_metric.bin", "probes.json"}
    expected = Encoder(bundle, verify(bundle)).embed(TEXTS, [None] * len(TEXTS))
    np.testing.assert_allclose(found["vectors"], expected, atol=1e-6)

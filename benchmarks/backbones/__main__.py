"""Matrix of backbones: python -m benchmarks.backbones [NAME …].

Every model has random weights and its published architecture, so no download is needed. Tokenizers that are not in a
package are small ones of the same kind, trained here. For each encoder: whether it loads, whether hard images and texts
become the pixels and token ids of the model's own processor, how far ONNX is from torch, and the file's size.
"""

import argparse
import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import record
from benchmarks.backbones.rows import MODELS, Row
from benchmarks.record import environment
from kernel.progress import timed_lines


def main() -> None:
    """Measure the chosen models, one after another, and keep the other models' results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backbones", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(MODELS)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - MODELS.keys():
        parser.error(f"expected names of {', '.join(MODELS)}, got {', '.join(sorted(unknown))}")
    path, progress = record.RESULTS / "backbones.json", timed_lines()
    rows = {row["model"]: row for row in json.loads(path.read_text())["rows"]} if path.exists() else {}
    for name in arguments.names or MODELS:
        progress(name)
        rows[name] = measured(name, MODELS[name])
        print(rows[name])
        shared = environment("torch", "open_clip_torch", "timm", "transformers", "onnx")
        record.write("backbones", {**shared, "rows": [rows[name] for name in MODELS if name in rows]})


def measured(name: str, row: Callable[[Path], Row]) -> dict[str, object]:
    """Return one model's figures with the seconds that they took."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="carryover-backbone-") as folder:
        found = row(Path(folder))
    gc.collect()
    return {"model": name, **found, "seconds": round(time.perf_counter() - start, 1)}


if __name__ == "__main__":
    main()

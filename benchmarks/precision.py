"""Towers in every precision: `python -m benchmarks.precision --bundle DIR [--vit] [--repeats N]`.

Parity, loss, size and time of the text and image encoder of DIR, a bundle of `exporter lite --text minilm` (one of
token tables has no text encoder whose precision could be reduced); with --vit also of a ViT-B-32 with random
weights. Each precision is compared with float32 on the exporter's own retrieval set. It is timed beside torch eager
in the same run, one thread each: wall clock, and the thread's own CPU time, which other programs on the machine
disturb less.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import onnx
import onnxruntime as ort
import torch
from torch import nn

from benchmarks import record
from encoders.towers import DISABLED_OPTIMIZERS
from exporter import from_open_clip, loss, parity, precision
from exporter.bundle_draft import Draft, TowerFile
from exporter.errors import ExportError
from exporter.verify import read_manifest
from kernel.contract_types import BundleTower, ReducedPrecision
from kernel.json_object import JsonObject
from trainer.pretrained import efficientnet, minilm, open_clip_models

BATCHES = (1, 16)
NUM_WARM = 2
NO_GPU = "not measured: no GPU here"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write results/precision.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bundle", type=Path, required=True, metavar="DIR", help="a bundle of `exporter lite --text minilm`"
    )
    parser.add_argument("--vit", action="store_true", help="also a ViT-B-32 with random weights")
    parser.add_argument("--repeats", type=int, default=20, metavar="N", help="timed runs of each batch (default 20)")
    arguments = parser.parse_args(argv)
    if "tokenizer" not in read_manifest(arguments.bundle)["text"]:
        parser.error(
            f"--bundle: {arguments.bundle} embeds text by token tables, which have no precision to reduce; "
            "give a bundle of `python -m exporter lite --text minilm`"
        )
    torch.set_num_threads(1)
    rows: list[JsonObject] = []
    for name, draft, originals in _drafts(arguments.bundle, arguments.vit):
        for row in _measure(name, draft, originals, arguments.repeats):
            rows.append(row)
            print(row, flush=True)
    has_cuda = "CUDAExecutionProvider" in ort.get_available_providers() and torch.cuda.is_available()
    result = {
        "environment": record.environment("onnxruntime-gpu", "torch", "onnx"),
        "repeats": arguments.repeats,
        "threads": 1,
        "cuda": "measured" if has_cuda else NO_GPU,
        "rows": rows,
    }
    print(record.write("precision", result))
    return 0


def _drafts(bundle: Path, with_vit: bool) -> Iterator[tuple[str, Draft, dict[str, nn.Module]]]:
    """Yield a name, a draft and its torch encoders."""
    text, image = minilm.load().eval(), efficientnet.ImageEncoder(efficientnet.load_classifier()).eval()
    yield "lite", _opened(bundle), {"textEncoder": text, "imageEncoder": image}
    if with_vit:
        source = open_clip_models.Source("ViT-B-32", seed=1)
        model = open_clip_models.load(source).model
        encoders = open_clip_models.TextEncoder(model).eval(), open_clip_models.ImageEncoder(model).eval()
        yield (
            "ViT-B-32, random weights",
            from_open_clip.build(source, print),
            {"textEncoder": encoders[0], "imageEncoder": encoders[1]},
        )


def _opened(bundle: Path) -> Draft:
    """Return a draft with the towers of a bundle."""
    manifest = read_manifest(bundle)
    about = manifest["text"]["tokenizer"]
    entries = cast(dict[str, BundleTower], manifest["towers"])
    return Draft(
        name=manifest["name"],
        dim=manifest["dim"],
        towers={
            key: TowerFile(t["file"], (bundle / t["file"]).read_bytes(), t["precision"]) for key, t in entries.items()
        },
        tokenizer=(bundle / about["file"]).read_bytes(),
        tokenizer_about={"type": about["type"], "maxTokens": about["maxTokens"]},
        image=manifest.get("image"),
        parity=manifest["parity"],
    )


def _measure(name: str, draft: Draft, originals: dict[str, nn.Module], repeats: int) -> Iterator[JsonObject]:
    bench = loss.Bench(draft)
    for key, original in originals.items():
        tower = draft.towers[key]
        feeds = {batch: {k: v[:batch] for k, v in bench.feeds(key).items()} for batch in BATCHES}
        inputs = {b: tuple(torch.from_numpy(v) for v in given.values()) for b, given in feeds.items()}
        yield {"bundle": name, "tower": key, "precision": "torch eager", **_timed_torch(original, inputs, repeats)}
        proven = next(entry for entry in draft.parity if entry["tower"] == key)
        known = {"bytes": len(tower.data), "minCosine": proven["minCosine"], "deltaNdcg10": 0.0, "deltaRecall10": 0.0}
        yield {"bundle": name, "tower": key, "precision": "fp32", **known, **_timed(tower.data, feeds, repeats)}
        for kind in precision.KINDS[1:]:
            row: JsonObject = {"bundle": name, "tower": key, "precision": kind}
            try:
                yield row | _reduced(bench, tower.data, key, cast(ReducedPrecision, kind), feeds, repeats)
            except ExportError as error:
                yield row | {"refused": str(error)}


def _reduced(
    bench: loss.Bench, data: bytes, key: str, kind: ReducedPrecision, feeds: dict[int, parity.Feeds], repeats: int
) -> JsonObject:
    model = precision.reduced(onnx.load_model_from_string(data), kind, bench.calibration(key))
    small = model.SerializeToString(deterministic=True)
    found = bench.loss(key, kind, parity.Runner(small))
    figures = {name: found[name] for name in ("minCosine", "deltaNdcg10", "deltaRecall10")}  # type: ignore[literal-required]  # three of its keys
    return {"bytes": len(small), **figures, "beyondBound": loss.is_beyond(found), **_timed(small, feeds, repeats)}


def _timed(data: bytes, feeds: dict[int, parity.Feeds], repeats: int) -> JsonObject:
    """Return the times on one CPU thread and, where there is one, on a CUDA GPU."""
    found = {}
    providers = {"cpu": "CPUExecutionProvider"}
    if torch.cuda.is_available() and "CUDAExecutionProvider" in ort.get_available_providers():
        providers["cuda"] = "CUDAExecutionProvider"
    for label, provider in providers.items():
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        session = ort.InferenceSession(
            data, options, providers=[provider], disabled_optimizers=list(DISABLED_OPTIMIZERS)
        )
        found |= {
            f"{label}Batch{batch}": _times(lambda given=given, run=session: run.run(None, dict(given)), repeats)  # type: ignore[misc]  # mypy cannot type defaults of a lambda
            for batch, given in feeds.items()
        }
    return found


@torch.inference_mode()
def _timed_torch(module: nn.Module, inputs: dict[int, tuple[torch.Tensor, ...]], repeats: int) -> JsonObject:
    return {
        f"cpuBatch{batch}": _times(lambda given=given: module(*given), repeats)  # type: ignore[misc]  # as above
        for batch, given in inputs.items()
    }


def _times(run: Callable[[], object], repeats: int) -> JsonObject:
    """Return median, least and most of wall clock and CPU time in milliseconds."""
    for _ in range(NUM_WARM):
        run()
    wall, cpu = [], []
    for _ in range(repeats):
        started, busy = time.perf_counter(), time.process_time()
        run()
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - busy) * 1000)
    spread = {"wallMs": wall, "cpuMs": cpu}
    return {
        name: {"median": round(statistics.median(of), 2), "min": round(min(of), 2), "max": round(max(of), 2)}
        for name, of in spread.items()
    }


if __name__ == "__main__":
    raise SystemExit(main())

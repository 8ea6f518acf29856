"""Parity and speed of exported towers, measured for the manifest."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from encoders.towers import DISABLED_OPTIMIZERS
from exporter.errors import ExportError
from kernel.contract_types import TowerParity, TowerSpeed

Array = NDArray[Any]
Feeds = Mapping[str, Array]
PROVIDER = "CPUExecutionProvider"
# Two float32 implementations of one network may differ by rounding, and by no more than this.
MAX_FLOAT32_ABS_DIFF = 1e-4
MIN_FLOAT32_COSINE = 0.9999
MIN_INT8_COSINE = 0.95


class Runner:
    """An ONNX model in a CPU session."""

    def __init__(self, data: bytes) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 3  # errors only: warnings are about optimisations nobody asked for
        self.session = ort.InferenceSession(
            data, options, providers=[PROVIDER], disabled_optimizers=list(DISABLED_OPTIMIZERS)
        )

    def __call__(self, feeds: Feeds) -> Array:
        """Return the only output for these inputs."""
        output: Array = self.session.run(None, dict(feeds))[0]
        return output


def parity(tower: str, against: str, got: Array, expected: Array, *, int8: bool = False) -> TowerParity:
    """Return how far two outputs (N, dim) differ; raises ExportError beyond the tolerance of rounding."""
    if got.shape != expected.shape:
        raise ExportError(f"{tower}: gives {got.shape}, but {against} gives {expected.shape}")
    if not np.isfinite(got).all():
        raise ExportError(f"{tower}: gives numbers that are not finite")
    product = (got * expected).sum(axis=1)
    lengths = np.linalg.norm(got, axis=1) * np.linalg.norm(expected, axis=1)
    cosines = product[lengths > 0] / lengths[lengths > 0]
    worst, least = float(np.abs(got - expected).max()), float(cosines.min(initial=1.0))
    scale = max(1.0, float(np.abs(expected).max()))
    if least < (MIN_INT8_COSINE if int8 else MIN_FLOAT32_COSINE) or (not int8 and worst > MAX_FLOAT32_ABS_DIFF * scale):
        raise ExportError(
            f"{tower}: does not answer as {against} does (max abs diff {worst:.2g}, min cosine {least:.4f})"
        )
    return {
        "tower": tower,
        "against": against,
        "samples": len(got),
        "maxAbsDiff": float(f"{worst:.3g}"),
        "minCosine": round(least, 6),
    }


def speed(tower: str, run: Callable[[], object], batch: int, repeats: int = 30) -> TowerSpeed:
    """Return wall-clock percentiles of `run` on this machine's CPU, after three warm-up runs."""
    for _ in range(3):
        run()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    return {
        "tower": tower,
        "provider": PROVIDER,
        "batch": batch,
        "p50Ms": round(float(p50), 3),
        "p95Ms": round(float(p95), 3),
        "repeats": repeats,
    }

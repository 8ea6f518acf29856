"""Towers of a bundle in ONNX Runtime: on CUDA where there is a GPU, in batches that fit into its memory."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoders.errors import EncodingError
from kernel.contract_types import BundleTower, Tensor

Floats = NDArray[np.float32]
ByRole = Mapping[str, NDArray[Any]]

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
# Texts vary in length: cuDNN's default would measure every algorithm again for each new shape. Memory is taken as
# needed, because the arena's doubling would count as used what another tower could have.
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
# On float16 attention this fusion ends the process (ONNX Runtime 1.31, CPU). Without it towers are as fast: MiniLM's
# median differs by less than 2 %.
DISABLED_OPTIMIZERS = ("MatmulTransposeFusion",)
_log = logging.getLogger(__name__)


class Tower:
    """One ONNX model whose inputs are given by the manifest's roles instead of by name.

    Several threads may call `run` at once: each batch runs on the thread that brings it.

    Args:
        path: the ONNX file, verified by the caller.
        entry: its entry in the manifest.
        num_threads: threads within one batch on a CPU; 0 means all cores.
        max_rows: the largest batch to begin with; halved whenever a batch does not fit into memory.
        on_cpu: leave a GPU alone.
    """

    def __init__(
        self, path: Path, entry: BundleTower, *, num_threads: int = 1, max_rows: int = 2**30, on_cpu: bool = False
    ) -> None:
        self._path = path
        self._entry = entry
        self._session = open_session(path, num_threads, on_cpu=on_cpu)
        self._output: str = embedding_output(entry)["name"]
        self.max_rows = max_rows

    @property
    def provider(self) -> str:
        """Return the execution provider that runs this tower."""
        provider: str = self._session.get_providers()[0]
        return provider

    @property
    def precision(self) -> str:
        """Return "float32", "float16" or "int8", as in the manifest."""
        return self._entry["precision"]

    @property
    def width(self) -> int:
        """Return the last dimension of the output."""
        return width_of(self._entry)

    def run(self, by_role: ByRole) -> Floats:
        """Return the output, float32 (n, width), for inputs of n rows each.

        Raises EncodingError where not even one row can be run.
        """
        feed = {t["name"]: by_role[t["role"]].astype(t["dtype"], copy=False) for t in self._entry["inputs"]}
        num_rows = len(next(iter(feed.values())))
        outputs: list[Floats] = []
        start = 0
        while start < num_rows:
            rows = slice(start, min(start + self.max_rows, num_rows))
            try:
                outputs.append(self._run_batch({name: values[rows] for name, values in feed.items()}))
            except _run_errors() as error:
                # ONNX Runtime has no class of its own for a lack of memory. Any other failure returns at one row.
                size = rows.stop - start
                if size == 1:
                    raise EncodingError(f"{self._path}: ONNX Runtime cannot run it: {error}") from error
                self.max_rows = size // 2
                _log.warning("%s: a batch of %d does not run; trying batches of %d", self._path.name, size, size // 2)
                continue
            start = rows.stop
        return np.concatenate(outputs)

    def _run_batch(self, feed: Mapping[str, NDArray[Any]]) -> Floats:
        """Run one batch through IO binding, which copies each input to the device once and each output back once."""
        import onnxruntime as ort  # noqa: PLC0415 (see open_session)

        device = "cuda" if self.provider == CUDA else "cpu"
        binding = self._session.io_binding()
        for name, values in feed.items():
            contiguous = np.ascontiguousarray(values)
            binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(contiguous, device, 0))
        binding.bind_output(self._output, device)
        self._session.run_with_iobinding(binding)
        return np.asarray(binding.copy_outputs_to_cpu()[0], dtype=np.float32)


def open_session(path: Path, num_threads: int, *, on_cpu: bool = False) -> Any:
    """Return an ONNX Runtime session on the GPU if there is one and `on_cpu` is not set; 0 threads means all cores."""
    import onnxruntime as ort  # noqa: PLC0415 (importing it costs more than the rest of the server's start)

    options = ort.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 3
    chosen = [CPU] if on_cpu else providers(ort.get_available_providers())
    try:
        return ort.InferenceSession(str(path), options, providers=chosen, disabled_optimizers=list(DISABLED_OPTIMIZERS))
    except Exception as error:  # ORT raises a dozen unrelated pybind classes, all meaning this
        raise EncodingError(f"{path}: ONNX Runtime cannot load it: {error}") from error


def providers(available: Sequence[str]) -> list[str | tuple[str, dict[str, str]]]:
    """Return the execution providers to try, best first, with their options."""
    # The GPU build lists CUDA on machines without a GPU; trying there costs seconds and prints alarming errors.
    has_gpu = os.name == "nt" or Path("/dev/nvidiactl").exists()
    return [*([(CUDA, _CUDA_OPTIONS)] if has_gpu and CUDA in available else []), CPU]


def usable_cores() -> int:
    """Return the number of cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def embedding_output(entry: BundleTower) -> Tensor:
    """Return the output of a tower that is its embedding."""
    return next((tensor for tensor in entry["outputs"] if tensor["role"] == "embedding"), entry["outputs"][0])


def width_of(entry: BundleTower) -> int:
    """Return the last dimension of a tower's embedding, which the manifest must state as a number."""
    width = embedding_output(entry)["shape"][-1]
    if not isinstance(width, int):
        raise EncodingError(f"{entry['file']}: expected a fixed last dimension of output, got {width!r}")
    return width


def _run_errors() -> tuple[type[BaseException], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # noqa: PLC0415 (see open_session)

    # An IO binding raises a plain RuntimeError where a plain run raises a class of its own.
    return (state.Fail, state.RuntimeException, state.EPFail, RuntimeError, MemoryError)

"""Deterministic torch: one result for one seed. Only commands turn it on, never library code."""

import os

import torch


def use_deterministic_algorithms() -> None:
    """Make torch use only deterministic algorithms for the rest of the process."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA needs a fixed workspace before first use
    torch.use_deterministic_algorithms(True)
    # Filling finds code that reads memory before writing it; it costs a fifth of the training time on a CPU.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]

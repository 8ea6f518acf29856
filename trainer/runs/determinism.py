"""Making torch give one result for one seed. Commands decide on it, and nothing else in the library."""

import os

import torch


def use_deterministic_algorithms() -> None:
    """Let torch use deterministic algorithms alone, for the rest of the process."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA wants its workspace fixed before use
    torch.use_deterministic_algorithms(True)
    # Meant for finding code that reads memory before writing it; costs a fifth of the training time on a CPU.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]

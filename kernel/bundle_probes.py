"""Probes of a bundle: inputs with the vectors that its towers gave, and how near those of a later run must be.

contracts/bundle-probes.schema.json describes the file, contracts/probe-bounds.json holds the bounds.
extension/core/bundle-probes.js mirrors this module; contracts/vectors/bundle-probes.json holds the cases of both.
"""

import base64
import json
from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kernel.contract_types import BundleManifest, BundleProbes
from kernel.contracts import contract, first_violation
from kernel.json_object import JsonObject

Floats = NDArray[np.float32]

PROBES = "probes.json"
MAX_PROBES_BYTES = 2**20
_LEVELS = 32767


class ProbeError(ValueError):
    """Probes that are malformed, or towers that do not give their vectors; the message is one sentence."""


def encode_vector(vector: Floats) -> str:
    """Return a vector of numbers within -1 to 1 as base64 of little-endian int16."""
    return base64.b64encode(np.rint(vector.astype(np.float64) * _LEVELS).astype("<i2").tobytes()).decode()


def decode_vector(text: str) -> Floats:
    """Return the float32 numbers of a vector that `encode_vector` wrote; raises ValueError for what is not one."""
    return np.frombuffer(base64.b64decode(text, validate=True), "<i2").astype(np.float32) / np.float32(_LEVELS)


def read_probes(data: bytes, manifest: BundleManifest) -> BundleProbes:
    """Return the probes of a bundle's file, which fit its manifest; raises ProbeError."""
    if len(data) > MAX_PROBES_BYTES:
        raise ProbeError(f"expected at most {MAX_PROBES_BYTES} bytes of probes, got {len(data)}")
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise ProbeError(f"expected probes as JSON: {error}") from error
    violation = first_violation("bundle-probes.schema.json", parsed)
    if violation is not None:
        raise ProbeError(str(violation))
    probes = cast(BundleProbes, parsed)
    for i, item in enumerate(probes["items"]):
        _check_vector(f"items[{i}]", item["embedding"], manifest["dim"])
        if "image" in item and "imageEncoder" not in manifest["towers"]:
            raise ProbeError(f"items[{i}].image: given, but there is no towers.imageEncoder")
    for i, user in enumerate(probes["users"]):
        _check_vector(f"users[{i}]", user["embedding"], manifest["dim"])
        lengths = [len(cast(JsonObject, user)[key]) for key in ("items", "kinds", "agesDays", "weights")]
        if len(set(lengths)) > 1:
            raise ProbeError(f"users[{i}]: expected lists of one length, got {', '.join(map(str, lengths))}")
        if max(user["items"]) >= len(probes["items"]):
            raise ProbeError(f"users[{i}].items: expected positions below {len(probes['items'])}")
    return probes


def _check_vector(place: str, text: str, dim: int) -> None:
    try:
        found = len(decode_vector(text))
    except ValueError as error:
        raise ProbeError(f"{place}.embedding: expected base64 of int16: {error}") from error
    if found != dim:
        raise ProbeError(f"{place}.embedding: expected {dim} numbers, got {found}")


def stated_vectors(probes: BundleProbes) -> Floats:
    """Return the stated embeddings of the item probes, (n, dim)."""
    return np.stack([decode_vector(item["embedding"]) for item in probes["items"]])


def check_vector(place: str, found: Floats, stated: Floats, precisions: Iterable[str]) -> None:
    """Raise ProbeError where the vector that a probe gives is not near the stated one.

    Args:
        place: the probe, such as "items[3]".
        found: the embedding that the towers gave, (dim,).
        stated: the embedding in the file, (dim,).
        precisions: of the towers that the probe went through.
    """
    bounds = contract("probe-bounds.json")
    least = min(bounds["minCosine"][precision] for precision in precisions)
    lengths = [float(np.linalg.norm(vector.astype(np.float64))) for vector in (found, stated)]
    zeros = [length < bounds["zeroLength"] for length in lengths]
    if all(zeros):
        return
    product = float(found.astype(np.float64) @ stated.astype(np.float64))
    cosine = 0.0 if any(zeros) else product / (lengths[0] * lengths[1])
    # Written so that a cosine that is not a number is refused.
    if not cosine >= least:
        raise ProbeError(
            f"{place}: its vector has the cosine {cosine:.6f} to the stated one, expected at least {least}; "
            "towers, text or image rules and probes are not of one bundle, so export it again"
        )
    if not abs(lengths[0] - lengths[1]) <= bounds["maxLengthDiff"]:
        raise ProbeError(f"{place}: its vector has the length {lengths[0]:.6f}, expected {lengths[1]:.6f}")

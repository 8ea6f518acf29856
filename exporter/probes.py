"""Probes of a draft: what its towers give for the probes' inputs, written down for whoever loads the bundle."""

import json
import tempfile
from pathlib import Path

import numpy as np

from encoders.probes import ProbedBundle
from exporter import probe_inputs
from exporter.bundle_draft import Draft
from kernel.bundle_probes import decode_vector, encode_vector
from kernel.contract_types import BundleProbes


def add_probes(draft: Draft) -> None:
    """Fill `draft.probes` by running a finished draft's towers; they must not change afterwards."""
    draft.probes = None
    items = probe_inputs.items("imageEncoder" in draft.towers)
    users = probe_inputs.users(len(items), draft.max_items)
    with tempfile.TemporaryDirectory(prefix="carryover-probes-") as scratch:
        for path, data in draft.files().items():
            file = Path(scratch, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        manifest = draft.manifest()
        bundle = ProbedBundle(Path(scratch), manifest)
        for item, vector in zip(items, bundle.items(items), strict=True):
            item["embedding"] = encode_vector(vector)
        # Whoever runs them again starts from the stated embeddings, not from their own.
        stated = np.stack([decode_vector(item["embedding"]) for item in items])
        for user, vector in zip(users, bundle.users(users, stated, manifest["towers"]["userTower"]), strict=True):
            user["embedding"] = encode_vector(vector)
    probes: BundleProbes = {"items": items, "users": users}
    draft.probes = json.dumps(probes, ensure_ascii=False, separators=(",", ":")).encode()

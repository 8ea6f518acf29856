"""Publication of a bundle: written beside its place, verified, flushed to disk, then renamed."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from exporter.bundle_draft import MANIFEST
from exporter.errors import BundleError
from kernel.contract_types import BundleManifest
from kernel.files import write_directory_whole


def publish(files: Mapping[str, bytes], manifest: BundleManifest, out: Path, verify: Callable[[Path], object]) -> None:
    """Put the bundle at `out`, replacing a bundle that is there; raises BundleError and leaves `out` as it was.

    Readers see the old bundle or the new one. `verify` is called with the finished directory before it is named.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 - resolve() would follow a symlink that `out` may be
    _check_replaceable(out)
    described = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with write_directory_whole(out) as scratch:
        for path, data in {**files, MANIFEST: described.encode()}.items():
            (scratch / path).parent.mkdir(parents=True, exist_ok=True)
            (scratch / path).write_bytes(data)
        verify(scratch)


def _check_replaceable(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise BundleError(f"{out}: exists and is not a directory; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise BundleError(f"{out}: is neither empty nor a bundle, and will not be overwritten; choose another --out")

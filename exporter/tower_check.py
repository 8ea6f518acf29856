"""The program that runs a bundle's towers for `verify`, in a child process with limits on time and memory."""

import sys
from functools import partial
from pathlib import Path

from encoders.probe_check import answer
from exporter.errors import BundleError
from exporter.verify import check_towers
from kernel.bundle_probes import ProbeError
from kernel.contract_types import BundleManifest


def _check(directory: Path, manifest: BundleManifest) -> None:
    try:
        check_towers(directory, manifest, report=partial(print, flush=True))
    except BundleError as error:
        raise ProbeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(answer(_check, Path(sys.argv[1])))

"""Scripts of the benchmarks that Node runs, because they run the extension's own modules."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from kernel.json_object import JsonObject


def measured(script: Path, work: JsonObject, bundle: Path) -> Any:
    """Return what `node SCRIPT WORK.json BUNDLE` prints as JSON; exits with the script's last words where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "work.json"
        given.write_text(json.dumps(work), "utf-8")
        command = ["node", str(script), str(given), str(bundle.resolve())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{script.name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)

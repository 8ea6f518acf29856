"""Operator schemas that let timm, open_clip and transformers import a torchvision whose extension cannot be loaded.

torchvision's Linux wheel is linked to CUDA. Beside a CPU torch its extension stays unloaded, and importing the
Python part fails with "operator torchvision::nms does not exist". Declaring the two operators' schemas is enough for
this project: transforms work, and calling either operator still raises a clear error.

`declare` does so for this process. `python -m trainer.pretrained.torchvision_schemas` does so for an environment, with
which a plain `import open_clip` works in it; `make run` calls it. Only the standard library is imported here, because
every Python of such an environment reads this file at its start.
"""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

INSTALLED_NAME = "carryover_torchvision"
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
# torchvision imports this module after it has tried to load its extension, and it is the one that fails.
_NEEDS_OPERATORS = "torchvision._meta_registrations"


class _Declarer:
    """Import hook that declares the operators just before they are needed, where the extension has not done so."""

    library: Any = None  # torch forgets the schemas when this is collected

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return None, so that the next finder loads the module."""
        if name == _NEEDS_OPERATORS and cls.library is None:
            import torch  # noqa: PLC0415 - torchvision has imported it by now; other programs never do

            if not hasattr(torch.ops.torchvision, "nms"):
                cls.library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
                for operator in ("nms", "qnms"):
                    cls.library.define(operator + _SCHEMA)
        return None


def declare() -> None:
    """Make `import torchvision` work in this process, whichever torch is beside it. Calling it twice does no harm."""
    if _Declarer not in sys.meta_path:
        sys.meta_path.insert(0, _Declarer)


def install(site_packages: Path) -> None:
    """Make `import torchvision` work in every Python that reads a site-packages directory."""
    shutil.copyfile(__file__, site_packages / f"{INSTALLED_NAME}.py")
    line = f"import {INSTALLED_NAME}; {INSTALLED_NAME}.declare()\n"
    (site_packages / f"{INSTALLED_NAME}.pth").write_text(line, encoding="utf-8")


def _main() -> None:
    """Install the declaration where a plain `import torchvision` fails for lack of its operators."""
    tried = subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True, text=True, check=False)
    if "torchvision::nms" in tried.stderr:
        install(Path(sysconfig.get_path("purelib")))


if __name__ == "__main__":
    _main()

"""torchvision can be imported beside a torch that its extension is not linked to."""

import subprocess
import sys

from trainer.pretrained import torchvision_schemas

# As on a machine without CUDA: the extension cannot be loaded, wherever this test runs.
_WITHOUT_EXTENSION = "import torch; torch.ops.load_library = lambda path: (_ for _ in ()).throw(OSError(path)); "


def _run(program, site=None):
    begin = f"import site; site.addsitedir({str(site)!r}); " if site else ""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {begin}{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_environment_in_which_it_is_installed_imports_torchvision(tmp_path):
    """As open_clip and timm do first of all."""
    program = _WITHOUT_EXTENSION + "import torchvision; print(torchvision.transforms.CenterCrop(2).size)"
    assert "operator torchvision::nms does not exist" in _run(program).stderr
    torchvision_schemas.install(tmp_path)
    done = _run(program, tmp_path)
    assert done.stdout.strip() == "(2, 2)", done.stderr
    slow = _run("print('torch' in sys.modules)", tmp_path)
    assert slow.stdout.strip() == "False"  # other programs of the environment do not pay for it

"""Git commit of the checkout that the code runs from, recorded with everything that is made or measured."""

import shutil
import subprocess

from kernel.paths import ROOT

_TIMEOUT_S = 10


def current_commit(*, marks_changes: bool = False) -> str | None:
    """Return the checkout's commit as 40 hexadecimal digits; None without git or outside a checkout.

    marks_changes: end it in "-dirty" where tracked files were changed. Run reports say so; a bundle's manifest cannot,
    since its contract allows the digits only.
    """
    git = shutil.which("git")
    if git is None:
        return None
    dirty = ["--dirty"] if marks_changes else []
    command = [git, "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--exclude=*", *dirty]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None

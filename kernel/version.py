"""Version of the whole project, as pyproject.toml states it."""

import tomllib

from kernel.paths import ROOT


def _read() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


VERSION = _read()

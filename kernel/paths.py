"""The checkout's root: every room runs from a checkout (docs/operating.md), beside contracts/ and pyproject.toml."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

"""Names of JSON whose keys neither a contract nor a TypedDict fixes: settings, TOML tables and records to validate."""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
JsonMapping = Mapping[str, Any]  # for reading only

"""Per-user metrics behind a report's means, saved as per_user.npz; `compare` pairs runs by them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from kernel.files import write_whole
from trainer.dataset.dataset import Dataset
from trainer.errors import DataError
from trainer.evaluation.protocol import history_rows
from trainer.splits.cases import Cases

PER_USER_FILE = "per_user.npz"
FORMAT = 1


@dataclass(frozen=True)
class PerUser:
    """Metrics of every model and baseline for every test user."""

    users: tuple[str, ...]
    values: Mapping[str, Mapping[str, NDArray[np.float64]]]  # model -> metric -> (n,)
    data_hash: str
    cases_hash: str  # of the users, their histories, targets and candidates


def hash_cases(cases: Cases, dataset: Dataset) -> str:
    """Return the SHA-256 of the cases, as hex: equal for two runs if and only if their values can be paired."""
    digest = hashlib.sha256()
    keys = np.array(dataset.item_keys)
    users = np.array(cases.history.user_ids)[cases.users]
    index, rows = history_rows(cases, np.arange(len(cases)))
    for names in (users, keys[cases.history.item_idx[rows]], keys[cases.target_items], keys[cases.candidates]):
        digest.update("\n".join(names.tolist()).encode() + b"\0")
    digest.update(repr((cases.target_ptr.tolist(), index.tolist())).encode())
    return digest.hexdigest()


def write_per_user(found: PerUser, path: Path) -> None:
    """Write the metrics to a per-user file, whole or not at all."""
    models = list(found.values)
    metrics = list(found.values[models[0]])
    with write_whole(path) as file:
        np.savez_compressed(
            file,
            format=np.array(FORMAT),
            users=np.array(found.users),
            models=np.array(models),
            metrics=np.array(metrics),
            values=np.array([[found.values[model][metric] for metric in metrics] for model in models]),
            data_hash=np.array(found.data_hash),
            cases_hash=np.array(found.cases_hash),
        )


def read_per_user(path: Path) -> PerUser:
    """Read a per-user file; raises DataError that names the file."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if int(file["format"]) != FORMAT:
                raise DataError(
                    f"{path}: expected format {FORMAT}, got {int(file['format'])}; "
                    "write it again with `python -m trainer evaluate CKPT --out DIR`"
                )
            values, models, metrics = file["values"], file["models"].tolist(), file["metrics"].tolist()
            return PerUser(
                tuple(file["users"].tolist()),
                {m: dict(zip(metrics, rows, strict=True)) for m, rows in zip(models, values, strict=True)},
                str(file["data_hash"]),
                str(file["cases_hash"]),
            )
    except FileNotFoundError as error:
        raise DataError(f"{path}: not found; write it with `python -m trainer evaluate CKPT --out DIR`") from error
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, TypeError) as error:
        raise DataError(
            f"{path}: is not a per-user file: {error}; write it with `python -m trainer evaluate CKPT --out DIR`"
        ) from error

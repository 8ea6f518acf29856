"""Split files, which let other runs and other programs evaluate on exactly the same cases.

A .npz file holds arrays, a .json file the same values as lists. Both hold the hash of the data that they split and are
refused for any other data. Neither contains a pickle.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from kernel.files import write_whole
from kernel.json_object import JsonObject
from trainer.dataset.dataset import Dataset
from trainer.errors import DataError
from trainer.splits.cases import CasePlan, Mask, Split, SplitPlan, build_split

FORMAT = 1
_PARTS = ("valid", "test")
Arrays = Mapping[str, NDArray[np.int64] | list[int]]  # positions of rows, users and items, by name


class Header(TypedDict):
    """What a split file holds beside its arrays. `info`: counts and drawn names, which depend on the rule."""

    format: int
    rule: str
    data_hash: str
    num_rows: int
    num_users: int
    num_items: int
    now_days: dict[str, float | None]
    info: JsonObject


def save_split(plan: SplitPlan, dataset: Dataset, path: Path) -> None:
    """Write a plan atomically as .npz or .json; raise DataError for another suffix."""
    header: Header = {
        "format": FORMAT,
        "rule": plan.rule,
        "data_hash": dataset.data_hash,
        "num_rows": len(dataset.interactions),
        "num_users": len(dataset.interactions.user_ids),
        "num_items": len(dataset.products),
        "now_days": {part: getattr(plan, part).now_days for part in _PARTS},
        "info": dict(plan.info),
    }
    _check_suffix(path)
    with write_whole(path) as file:
        if path.suffix == ".npz":
            text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
            np.savez_compressed(file, allow_pickle=False, header=text, **_arrays(plan))
        else:
            lists = {name: array.tolist() for name, array in _arrays(plan).items()}
            file.write(json.dumps({**header, **lists}).encode())


def load_split(path: Path, dataset: Dataset) -> Split:
    """Return the split of a file; raise DataError where it is damaged or belongs to other data."""
    _check_suffix(path)
    try:
        content = path.read_bytes()
        header, arrays = _read_npz(path) if path.suffix == ".npz" else _read_json(content)
        if header["format"] != FORMAT:
            raise DataError(f"{path}: expected split format {FORMAT}, got {header['format']}; save the split again")
        if header["data_hash"] != dataset.data_hash:
            raise DataError(
                f"{path}: a split of other data: its data hash is {header['data_hash'][:12]}, the run's is "
                f"{dataset.data_hash[:12]}; make one with python -m trainer split"
            )
        plan = _plan(header, arrays, dataset)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not a split saved by python -m trainer split: {error}") from error
    split = build_split(dataset.interactions, plan)
    return replace(split, info={**split.info, "file_sha256": hashlib.sha256(content).hexdigest()})


def _arrays(plan: SplitPlan) -> dict[str, NDArray[np.int64]]:
    arrays = {"train": np.flatnonzero(plan.train), "hidden_items": plan.hidden_items}
    for part in _PARTS:
        cases: CasePlan = getattr(plan, part)
        arrays |= {
            f"{part}_may_see": np.flatnonzero(cases.may_see),
            f"{part}_is_target": np.flatnonzero(cases.is_target),
            f"{part}_candidates": cases.candidates,
        }
        if cases.sampled_users is not None:
            arrays[f"{part}_asked"] = np.flatnonzero(cases.sampled_users)
    return arrays


def _read_npz(path: Path) -> tuple[Header, Arrays]:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(arrays["header"].tobytes()), arrays


def _read_json(content: bytes) -> tuple[Header, Arrays]:
    document = json.loads(content)
    return document, document


def _plan(header: Header, arrays: Arrays, dataset: Dataset) -> SplitPlan:
    num_rows, num_items = len(dataset.interactions), len(dataset.products)
    valid, test = (
        CasePlan(
            may_see=_mask(arrays[f"{part}_may_see"], num_rows),
            is_target=_mask(arrays[f"{part}_is_target"], num_rows),
            candidates=np.flatnonzero(_mask(arrays[f"{part}_candidates"], num_items)),
            now_days=header["now_days"][part],
            sampled_users=_mask(arrays[f"{part}_asked"], len(dataset.interactions.user_ids))
            if f"{part}_asked" in arrays
            else None,
        )
        for part in _PARTS
    )
    hidden = np.flatnonzero(_mask(arrays["hidden_items"], num_items))
    return SplitPlan(str(header["rule"]), _mask(arrays["train"], num_rows), valid, test, hidden, header["info"])


def _mask(places: Any, size: int) -> Mask:
    mask = np.zeros(size, dtype=bool)
    found = np.asarray(places, dtype=np.int64)
    if len(found) and found.min() < 0:
        raise ValueError(f"expected positions from 0, got {found.min()}")
    mask[found] = True
    return mask


def _check_suffix(path: Path) -> None:
    if path.suffix not in (".npz", ".json"):
        raise DataError(f"{path}: expected a split file named .npz or .json, got {path.suffix or 'no suffix'}")

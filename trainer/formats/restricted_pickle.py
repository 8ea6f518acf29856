"""Safe reader for old .npy files of Python objects, which never runs code from the file.

A pickle is a program: it names functions and calls them. This reader admits only the names of NumPy's arrays and of
built-in containers. Any other name is an error before anything is called.
"""

import collections
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from trainer.errors import DataError

_MAX_HEADER = 100_000


def read_object_array(path: Path) -> Any:
    """Return the content of a .npy file that holds Python objects; Python 2 strings stay bytes.

    The whole file is held in memory. Raises DataError where it is not a .npy file, is damaged, or names anything but
    arrays and containers.
    """
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read_header = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read_header = np.lib.format.read_array_header_2_0
            shape, is_fortran, dtype = read_header(file, max_header_size=_MAX_HEADER)
            if not dtype.hasobject:
                raise DataError(f"{path}: expected a .npy of Python objects, got numbers of type {dtype}")
            found = _ArraysOnly(file, path).load()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not a .npy file of Python objects: {error}") from error
    if isinstance(found, np.ndarray) and found.shape != shape:
        found = found.reshape(shape, order="F" if is_fortran else "C")
    return found


class _ArraysOnly(pickle.Unpickler):
    def __init__(self, file: IO[bytes], path: Path) -> None:
        super().__init__(file, encoding="bytes")
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        """Return an admitted class or function by name; raise DataError for any other."""
        if isinstance(module, str) and isinstance(name, str) and (module, name) in _ADMITTED:
            return _ADMITTED[module, name]
        raise DataError(
            f"{self._path}: refuses to load {module}.{name}: expected only arrays and containers, because other names "
            "in a pickle can run code"
        )


def _reconstruct(kind: object, shape: object, code: object) -> Any:
    """Replace NumPy's function: return an empty plain array, whose state the pickle sets next."""
    if kind is not np.ndarray:
        raise ValueError(f"expected a plain array, got {kind!r}")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _scalar(dtype: object, content: object = b"") -> Any:
    """Replace NumPy's function, which would unpickle the content of an object scalar."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject or not isinstance(content, bytes):
        raise ValueError(f"expected a number, got a scalar of {dtype!r}")
    return np.frombuffer(content, dtype=dtype, count=1)[0]


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """Replace _codecs.encode, by which Python 3 writes bytes in the older protocols."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", b"latin1"):
        raise ValueError(f"expected bytes written as Latin-1 text, got {type(text).__name__} in {encoding!r}")
    return text.encode("latin1")


_CONTAINERS: dict[str, Callable[..., Any]] = {
    kind.__name__: kind for kind in (set, frozenset, list, dict, tuple, int, float, bytearray, complex)
}
_ADMITTED: dict[tuple[str, str], Any] = {
    **{
        (f"numpy.{core}.multiarray", name): function
        for core in ("core", "_core")
        for name, function in (("_reconstruct", _reconstruct), ("scalar", _scalar))
    },
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    **{(module, name): kind for module in ("builtins", "__builtin__") for name, kind in _CONTAINERS.items()},
}

"""Hostile and mistaken NumPy files for a task of two scenes, `one` and `two`, each as archives.CELLS."""

import gzip
import io
import os
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from tests.scoring.hostile.archives import CELLS
from tests.scoring.hostile.attack import Attack
from tests.scoring.makers import zipped

PAIR: Final = np.stack([CELLS, CELLS])
MARK: Final = "TIDEMARK-TESTS-PICKLE-RAN"  # what a pickle of ours sets in the environment of whoever loads it


class Loaded:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import os; os.environ[{MARK!r}] = 'yes'",)


def header(text: str) -> bytes:
    """The head of a .npy file of version 2, which may be long."""
    padded = text.encode() + b"\n"
    return b"\x93NUMPY\x02\x00" + len(padded).to_bytes(4, "little") + padded


def declared(shape: str, descr: str = "|u1") -> bytes:
    return header(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")


def saved(values: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return stream.getvalue()


def objects(path: Path) -> None:
    """An array of objects: NumPy would unpickle it."""
    path.write_bytes(saved(np.array([Loaded(), Loaded()], object)))


def objects_in_an_archive(path: Path) -> None:
    zipped(path, {"one.npy": saved(CELLS), "two.npy": saved(np.full(CELLS.shape, Loaded()))})


def bomb(path: Path) -> None:
    """An array of a gigabyte of zeros in a megabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("one.npy", "w") as member:
            member.write(declared("(32768, 32768)"))
            for _ in range(256):
                member.write(bytes(4 << 20))
        archive.writestr("two.npy", saved(CELLS))


def torch_file(path: Path) -> None:
    """The layout of torch.save: a ZIP with a pickle and raw storages."""
    zipped(path, {"archive/data.pkl": pickle.dumps(Loaded()), "archive/version": b"3\n", "archive/data/0": bytes(64)})


def hdf5_model(path: Path) -> None:
    """The layout of a Keras model, whose configuration may name code."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = '{"class_name": "Lambda", "config": {"function": "exec"}}'
        file.create_dataset("one", data=CELLS)


DEEP: Final = "(" * 5000 + ")" * 5000
CALL: Final = "(__import__('os').environ.setdefault('" + MARK + "', '1'), 2)"

ATTACKS: Final = (
    Attack("array of objects", objects, ("stack_shape", "stack_dtype")),
    Attack("header of 7 TiB", lambda p: p.write_bytes(declared("(99999, 99999, 999)")), ("stack_shape",)),
    Attack("header that calls", lambda p: p.write_bytes(declared(CALL)), ("stack_unreadable",)),
    Attack("header of ten thousand brackets", lambda p: p.write_bytes(header(DEEP)), ("stack_unreadable",)),
    Attack("header of a million blanks", lambda p: p.write_bytes(header(" " * 10**6)), ("stack_unreadable",)),
    Attack("negative shape", lambda p: p.write_bytes(declared("(-1, 16, 16)")), ("stack_unreadable",)),
    Attack("float32", lambda p: p.write_bytes(saved(PAIR.astype(np.float32))), ("stack_dtype",), "float32"),
    Attack("one scene of two", lambda p: p.write_bytes(saved(CELLS)), ("stack_shape",)),
    Attack("class 2", lambda p: p.write_bytes(saved(PAIR + 1)), ("raster_class", "raster_class")),
    Attack("more behind the array", lambda p: p.write_bytes(saved(PAIR) + b"\0"), ("stack_longer",)),
    Attack("bomb", bomb, ("zip_member_too_large",), "one.npy"),
    Attack("objects in an archive", objects_in_an_archive, ("raster_dtype",)),
    Attack("pickle", lambda p: p.write_bytes(pickle.dumps(Loaded())), ("unknown_format",), "pickle"),
    Attack("oldest pickle", lambda p: p.write_bytes(pickle.dumps(Loaded(), 0)), ("unknown_format",)),
    Attack("joblib", lambda p: p.write_bytes(zlib.compress(pickle.dumps(Loaded()))), ("unknown_format",)),
    Attack("pickle in gzip", lambda p: p.write_bytes(gzip.compress(pickle.dumps(Loaded()))), ("unknown_format",)),
    Attack("PyTorch file", torch_file, ("zip_folders",)),
    Attack("HDF5 model", hdf5_model, ("unknown_format",), "HDF5"),
)


def has_run() -> bool:
    return MARK in os.environ

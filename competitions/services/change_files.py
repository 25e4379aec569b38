"""What a proposal keeps: the organiser's folder, file by file, and what its import has put into the store.

The folder holds the hidden truth, so its files lie in a store of their own that no page or API reads from.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from competitions.services.competition_files import StoredFiles, StoredTask
from competitions.services.slots import scratch
from competitions.store import Store, StoredFile

FOLDER: Final = "proposals"
FILES_OF_A_TASK: Final = ("sample_submission", "starting_kit", "program")


def proposals() -> Store:
    return Store(settings.FILES_DIR / FOLDER)


def keep_folder(directory: Path, store: Store) -> dict[str, str]:
    """Store every ordinary file below a folder. Returns {path: SHA-256}; links are followed by nobody and left out."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(directory).as_posix(): store.put_file(path).sha256 for path in files}


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over the sorted paths and contents."""
    text = "".join(f"{path}\0{files[path]}\n" for path in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def kept_folder(files: Mapping[str, str], store: Store) -> Iterator[Path]:
    """The folder as it was, for the length of a block."""
    with scratch() as place:
        folder = place / "contest"
        for path, sha256 in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(store.blob_path(sha256), target)
        yield folder


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def as_json(stored: StoredFiles) -> dict[str, Any]:
    """Digests and sizes, as a record keeps them."""
    data = [[version, name, asdict(file)] for (version, name), file in stored.data.items()]
    return {"data": data, "tasks": {key: asdict(task) for key, task in stored.tasks.items()}}


def from_json(kept: Mapping[str, Any]) -> StoredFiles:
    data = {(version, name): StoredFile(**file) for version, name, file in kept["data"]}
    return StoredFiles(data, {key: _task(task) for key, task in kept["tasks"].items()})


def _task(kept: Mapping[str, Any]) -> StoredTask:
    files = {name: StoredFile(**kept[name]) if kept[name] else None for name in FILES_OF_A_TASK}
    return StoredTask(**{**kept, **files})

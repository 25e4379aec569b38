"""What a runtime is to be made from: `runtime.toml`, a lock file with hashes, and wheels that an operator gives."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAYOUT = 1  # raise it when the same lock file is to give another tree
# loky asks it about the first process it sees, and dies where there is no /proc.
FORBIDDEN = frozenset({"psutil"})
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.]{0,39}\Z")
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*==", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a runtime is to be made from. `python` is the oldest version it may be built for, such as (3, 11)."""

    folder: Path
    name: str
    version: str
    title: str
    python: tuple[int, int]
    wheels: tuple[str, ...]
    digest: str

    @property
    def lock(self) -> Path:
        """The lock file, with hashes."""
        return self.folder / "requirements.txt"

    @classmethod
    def read(cls, folder: Path) -> Definition:
        """The definition in that folder.

        Raises:
            ValueError: a file is missing, a field is missing or malformed, or the lock names what no runtime may have.
        """
        try:
            text, lock = (folder / "runtime.toml").read_bytes(), (folder / "requirements.txt").read_bytes()
        except OSError as error:
            raise ValueError(
                f"{error.filename}: {error.strerror}; a runtime needs it (see sandbox.runtime_build)"
            ) from error
        fields = _fields(folder / "runtime.toml", text)
        _refuse_forbidden(folder / "requirements.txt", lock.decode())
        major, minor = map(int, fields["python"].split("."))
        digest = hashlib.sha256(repr((LAYOUT, text, lock)).encode()).hexdigest()
        wheels = tuple(fields["wheels"])
        return cls(folder, fields["name"], fields["version"], fields["title"], (major, minor), wheels, digest)


def _fields(path: Path, text: bytes) -> dict[str, Any]:
    try:
        fields = tomllib.loads(text.decode())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    shapes = {
        "name": _NAME,
        "version": _VERSION,
        "title": re.compile(r".{1,100}\Z"),
        "python": re.compile(r"\d+\.\d+\Z"),
    }
    for field, shape in shapes.items():
        value = fields.get(field)
        if not isinstance(value, str) or not shape.match(value):
            raise ValueError(f"{path}: {field} is {value!r}; it must be text that matches {shape.pattern}")
    wheels = fields.setdefault("wheels", [])
    if not isinstance(wheels, list) or not all(isinstance(name, str) and _NAME.match(name) for name in wheels):
        raise ValueError(f"{path}: wheels is {wheels!r}; it must be a list of package names")
    unknown = sorted(fields.keys() - shapes - {"wheels"})
    if unknown:
        raise ValueError(f"{path}: unknown field {unknown[0]!r}; there are {', '.join(shapes)}, wheels")
    return fields


def _refuse_forbidden(path: Path, lock: str) -> None:
    found = FORBIDDEN & {normalised(name) for name in _LOCKED.findall(lock)}
    if found:
        raise ValueError(
            f"{path} names {min(found)}, with which joblib's processes die in a box; lock it with"
            f" --no-emit-package {min(found)}"
        )


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file `name-version-python-abi-platform.whl` from the operator's folder."""

    path: Path
    name: str
    version: str
    tag: str

    @classmethod
    def of(cls, path: Path) -> Wheel:
        parts = path.stem.split("-")
        return cls(path, normalised(parts[0]), parts[1] if len(parts) > 4 else "", parts[-3] if len(parts) > 4 else "")

    def requirement(self) -> str:
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return f"{self.name}=={self.version} --hash=sha256:{digest}\n"


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""Built runtimes: named, versioned, read-only Python environments for programs in boxes. Looking at them, not making
them (runtime_build.py).

A runtime is a folder `<root>/<digest>/` that never changes:

* `lib/`, its packages, byte-compiled; files 0444, folders 0555;
* `runtime.json`, what it is: name, version, exact versions of Python and of every package;
* `bin/python` and `pyvenv.cfg`, which lead to the interpreter of this machine. They are not part of the digest, since
  two machines may keep the same Python in different places.

The digest is a SHA-256 over what it is and over the name and content of every file in `lib`. A folder that is still
being built has a name that is no digest, and appears under its digest whole, in one step.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.run import Finding, RunRequest, SandboxError, Severity

DESCRIPTION = "runtime.json"
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
PARTS = frozenset({"bin", "lib", "lib64", "pyvenv.cfg", DESCRIPTION})
_DESCRIBED = ("name", "version", "title", "python", "platform", "packages", "definition")
_MEND = "remove the folder and build the runtime again"


@dataclass(frozen=True, slots=True)
class BuiltRuntime:
    """What a runtime is. `python` and the values of `packages` are exact versions, `platform` is like linux-x86_64,
    `definition` the digest of the lock file and the text it was made from, `built_at` an ISO 8601 instant.
    """

    path: Path
    name: str
    version: str
    title: str
    python: str
    platform: str
    packages: Mapping[str, str]
    definition: str
    digest: str
    built_at: str


def load(folder: Path) -> BuiltRuntime:
    """The runtime in that folder, as it describes itself; `verify` looks whether that is still true.

    Raises:
        SandboxError: it holds no runtime, or one that was moved to a name that is not its digest.
    """
    try:
        told = json.loads((folder / DESCRIPTION).read_bytes())
        fields = {field: told[field] for field in (*_DESCRIBED, "digest", "built_at")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SandboxError(f"{folder} is no built runtime: its {DESCRIPTION} cannot be read ({error!r})") from error
    runtime = BuiltRuntime(path=folder, **fields)
    if runtime.digest != folder.name:
        raise SandboxError(f"{folder} should be named after its digest, {runtime.digest}; build the runtime again")
    return runtime


def asked_digest(request: RunRequest) -> str:
    """The digest of the runtime that a request asks for; empty when it asks for none. Raises as `load` does."""
    return "" if request.runtime is None else load(request.runtime).digest


def installed(root: Path) -> list[BuiltRuntime]:
    """The runtimes in a folder of runtimes, by name, the newest of a name last; none when there is no such folder."""
    if not root.is_dir():
        return []
    found = [load(path) for path in root.iterdir() if DIGEST.match(path.name) and (path / DESCRIPTION).is_file()]
    return sorted(found, key=lambda runtime: (runtime.name, runtime.built_at, runtime.digest))


def newest(root: Path, name: str) -> BuiltRuntime | None:
    """The runtime of that name that was built last, if there is one."""
    return next((runtime for runtime in reversed(installed(root)) if runtime.name == name), None)


def verify(folder: Path) -> list[Finding]:
    """What is wrong with a runtime: changed, added or missing files, something that can be written to. Reads it all.

    Raises:
        SandboxError: it holds no runtime, or cannot be read.
    """
    runtime = load(folder)
    try:
        problems = [*_strangers(folder), *_loose(folder / "lib")]
        digest = digest_of(folder / "lib", described(runtime))
    except OSError as error:
        raise SandboxError(f"{folder} cannot be read: {error.strerror}: {error.filename}") from error
    if digest != runtime.digest:
        problems.append(f"{folder} is not what was built: its digest is {digest} now")
    return [Finding(Severity.ERROR, problem, _MEND) for problem in problems]


def described(runtime: BuiltRuntime) -> dict[str, Any]:
    """What of a runtime's description its digest covers."""
    return {field: getattr(runtime, field) for field in _DESCRIBED}


def digest_of(lib: Path, description: Mapping[str, Any]) -> str:
    """SHA-256 in hexadecimal over the description and, in the order of their names, all files below `lib`."""
    whole = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for name, path in sorted((path.relative_to(lib).as_posix(), path) for path in _files(lib)):
        whole.update(f"\n{name}\0{_digest_of_file(path)}".encode())
    return whole.hexdigest()


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(lib: Path) -> Iterator[Path]:
    """A link is followed into the digest like a file; `_loose` says that there should be none."""
    return (path for path in lib.rglob("*") if not path.is_dir())


def _strangers(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.name not in PARTS:
            yield f"{path} does not belong to the runtime"


def _loose(lib: Path) -> Iterator[str]:
    for path in (lib, *lib.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield f"{path} is a link; a runtime has none"
        elif mode & 0o222:
            yield f"{path} can be written to (mode {stat.S_IMODE(mode):04o})"

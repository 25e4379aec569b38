"""Building a runtime from its definition, by an operator, never while submissions run.

A definition is a folder with `runtime.toml` (name, version, title, the oldest Python) and a lock file
`requirements.txt` in which every package has its exact version and hashes. Packages that no index has in the build that
is wanted are named in `wheels`; the operator gives a folder with their wheels, and vouches for them. The steps, in a
folder whose name shows that it is no runtime yet:

1. *Lay out* an empty environment for the interpreter that will run it.
2. *Install* exactly what the lock file says, wheels only: nothing is compiled, no set-up program of a package is run.
3. *Trim*: commands, data for desktops and whatever else a box is not shown.
4. *Compile* to byte code that is trusted as it is, under the names that the box will see.
5. *Close*: nothing can be written to; everybody may read.
6. *Publish* under its digest, in one step. A build that dies before leaves a folder that the next build removes.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import importlib.metadata
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.run import SandboxError
from sandbox.runtime_definition import FORBIDDEN, Definition, Wheel, normalised
from sandbox.runtimes import DESCRIPTION, BuiltRuntime, digest_of, installed, load

UNFINISHED = ".building-"
IN_BOX = "/venv/lib"
TESTS = "site-packages/.*/tests/"
_ASK = """
import json, sys, sysconfig
print(json.dumps(["%d.%d.%d" % sys.version_info[:3], sysconfig.get_platform(), sysconfig.get_path("stdlib")]))
"""
_INSTALL_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Installer:
    """A program that installs locked wheels: uv (quicker), or pip. `words` start it."""

    words: tuple[str, ...]

    @classmethod
    def find(cls, program: str | None = None) -> Installer:
        """The program of that name or path; without one uv if there is any, otherwise the pip of this Python."""
        found = shutil.which(program or "uv")
        if found:
            return cls((found,))
        if program:
            raise ValueError(f"there is no program {program}; give the path of uv or pip")
        return cls((sys.executable, "-m", "pip"))

    def command(self, python: Path, lock: Path) -> list[str]:
        """The whole command. Nothing but wheels with the hashes of the lock."""
        if Path(self.words[-1]).name == "uv":
            # Copied: a file that shares its place on disk with the cache could be changed through it.
            options = ["--require-hashes", "--no-build", "--link-mode", "copy", str(lock)]
            return [*self.words, "--quiet", "pip", "sync", "--python", str(python), *options]
        options = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-compile", "-r", str(lock)]
        return [*self.words, "--python", str(python), "install", "--quiet", "--disable-pip-version-check", *options]


@dataclass(frozen=True, slots=True)
class _Interpreter:
    path: Path
    version: str
    platform: str

    @property
    def minor(self) -> tuple[int, int]:
        major, minor, _ = map(int, self.version.split("."))
        return major, minor


def build(
    definition: Path,
    root: Path,
    *,
    installer: Installer | None = None,
    python: Path | None = None,
    wheels: Path | None = None,
) -> BuiltRuntime:
    """Build the runtime defined in a folder into `root`; what is already there is returned as it is.

    `python` is the interpreter, by default the one that runs this. `wheels` is the folder of the wheels that the
    definition asks the operator for.

    Raises:
        ValueError: the definition is wrong, or a wheel that it asks for was not given.
        SandboxError: the interpreter is unfit, or the packages could not be installed as the lock file says.
    """
    defined = Definition.read(definition)
    interpreter = _interpreter(python or Path(sys.executable), defined)
    given = "".join(_given(name, defined, interpreter, wheels).requirement() for name in defined.wheels)
    if given:
        defined = replace(defined, digest=hashlib.sha256(f"{defined.digest}\n{given}".encode()).hexdigest())
    root.mkdir(parents=True, exist_ok=True)
    with _only_build_in(root):
        there = _already_built(root, defined, interpreter)
        if there:
            return there
        with _unfinished(root) as folder:
            _lay_out(folder, interpreter)
            links = f"--find-links {wheels.resolve()}\n" if wheels and given else ""
            (folder / "requirements.txt").write_text(f"{links}{defined.lock.read_text()}\n{given}")
            _install(installer or Installer.find(), defined, folder)
            packages = _packages(folder)
            _trim(folder)
            _compile(folder)
            fields = _description(defined, interpreter, packages)
            return _publish(folder, fields, root)


def _interpreter(python: Path, defined: Definition) -> _Interpreter:
    path = python.resolve()
    asked = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise SandboxError(f"{path} is no working Python: {asked.stderr.strip()[-300:]}")
    version, platform, library = json.loads(asked.stdout)
    found = _Interpreter(path, version, platform)
    if found.minor < defined.python:
        oldest = ".".join(map(str, defined.python))
        raise SandboxError(f"{path} is Python {version}; the runtime {defined.name} needs {oldest} or newer")
    for needed, bits in ((path, 0o5), (Path(library), 0o5)):
        if needed.stat().st_mode & bits != bits:
            raise SandboxError(f"{needed} is closed to other users, so to boxes; chmod -R o+rX {needed}")
    return found


def _given(name: str, defined: Definition, interpreter: _Interpreter, wheels: Path | None) -> Wheel:
    if wheels is None:
        raise ValueError(
            f"the runtime {defined.name} needs a wheel of {name} that no index has (see {defined.folder}); give the"
            " folder that it is in with --wheels"
        )
    tags = ("py3", "cp{}{}".format(*interpreter.minor))
    found = [
        wheel
        for wheel in map(Wheel.of, sorted(wheels.glob("*.whl")))
        if wheel.name == name and any(tag in wheel.tag.split(".") for tag in tags)
    ]
    if len(found) != 1:
        there = ", ".join(wheel.path.name for wheel in found) or "none"
        raise ValueError(f"{wheels} must hold one wheel of {name} for Python {interpreter.version}; there is {there}")
    return found[0]


@contextlib.contextmanager
def _only_build_in(root: Path) -> Iterator[None]:
    """One build at a time; so what is unfinished now was left by one that died."""
    with (root / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in root.glob(f"{UNFINISHED}*"):
            remove(left)
        yield


@contextlib.contextmanager
def _unfinished(root: Path) -> Iterator[Path]:
    folder = root / f"{UNFINISHED}{secrets.token_hex(8)}"
    folder.mkdir(0o755)
    try:
        yield folder
    finally:
        if folder.exists():
            remove(folder)


def _already_built(root: Path, defined: Definition, interpreter: _Interpreter) -> BuiltRuntime | None:
    wanted = (defined.digest, interpreter.version, interpreter.platform)
    there = (built for built in installed(root) if (built.definition, built.python, built.platform) == wanted)
    return next(there, None)


def _lay_out(folder: Path, interpreter: _Interpreter) -> None:
    _site_of(folder, interpreter.minor).mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(interpreter.path)
    (folder / "pyvenv.cfg").write_text(f"home = {interpreter.path.parent}\ninclude-system-site-packages = false\n")


def _site_of(folder: Path, version: tuple[int, int]) -> Path:
    return folder / "lib" / "python{}.{}".format(*version) / "site-packages"


def _site(folder: Path) -> Path:
    return next(folder.glob("lib/python3.*/site-packages"))


def _install(installer: Installer, defined: Definition, folder: Path) -> None:
    command = installer.command(folder / "bin/python", folder / "requirements.txt")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"the installer of packages cannot be run: {error}") from error
    if done.returncode:
        raise SandboxError(f"{defined.lock} could not be installed:\n{(done.stderr or done.stdout).strip()[-2000:]}")


def _packages(folder: Path) -> dict[str, str]:
    found = importlib.metadata.distributions(path=[str(_site(folder))])
    packages = {normalised(package.metadata["Name"]): package.version for package in found}
    there = FORBIDDEN & packages.keys()
    if there:
        raise SandboxError(f"{min(there)} was installed, with which joblib's processes die in a box")
    return dict(sorted(packages.items()))


def _trim(folder: Path) -> None:
    """Keep the packages, the link to the interpreter and what tells Python that this is an environment."""
    for path in folder.iterdir():
        if path.name not in {"bin", "lib", "pyvenv.cfg"}:
            _delete(path)
    for path in (folder / "bin").iterdir():
        if path.name != "python":
            _delete(path)
    for path in list(folder.glob("lib/**/__pycache__")):
        shutil.rmtree(path)
    for record in _site(folder).glob("*.dist-info/RECORD"):
        _forget_missing(record)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _forget_missing(record: Path) -> None:
    """A package's list of files names its commands too, whose hashes depend on where they were installed."""
    with record.open(newline="") as file:
        kept = [row for row in csv.reader(file) if row and (record.parent.parent / row[0]).is_file()]
    with record.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(sorted(kept))


def _compile(folder: Path) -> None:
    """Byte code is not checked against its source at import: nobody can change either.

    In one process and with a fixed seed, so that the same packages give the same bytes. The packages' own tests, a
    third of all files, stay source, and so does a file that is no Python of this version (a template, say).
    """
    lib = str(folder / "lib")
    options = ["-q", "-q", "-x", TESTS, "--invalidation-mode", "unchecked-hash", "-s", lib, "-p", IN_BOX, lib]
    environment = {"PYTHONHASHSEED": "0", "PATH": os.defpath, "LANG": "C.UTF-8"}
    command = [str(folder / "bin/python"), "-P", "-s", "-m", "compileall", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode not in {0, 1}:
        raise SandboxError(f"the packages could not be compiled: {done.stderr.strip()[-300:]}")


def _description(defined: Definition, interpreter: _Interpreter, packages: dict[str, str]) -> dict[str, Any]:
    return {
        "name": defined.name,
        "version": defined.version,
        "title": defined.title,
        "python": interpreter.version,
        "platform": interpreter.platform,
        "packages": packages,
        "definition": defined.digest,
    }


def _publish(folder: Path, fields: dict[str, Any], root: Path) -> BuiltRuntime:
    digest = digest_of(folder / "lib", fields)
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    (folder / DESCRIPTION).write_text(json.dumps(fields | {"digest": digest, "built_at": built_at}, indent=2) + "\n")
    _close(folder)
    if not (root / digest).exists():
        folder.rename(root / digest)
    return load(root / digest)


def _close(folder: Path) -> None:
    for parent, _, files in os.walk(folder):
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o444)
        Path(parent).chmod(0o555)


def remove(folder: Path) -> None:
    """Remove a runtime, or what a build left behind; its folders are opened for that."""
    for parent, _, _ in os.walk(folder):
        Path(parent).chmod(0o755)
    shutil.rmtree(folder)

"""Definitions of runtimes from wheels made here, installed without any index."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from sandbox.runtime_build import Installer
from tests.sandbox.makers import ROOT

UV = ROOT / ".venv/tools/uv/bin/uv"
SOURCE = "value = {number}\n\ndef where():\n    return where.__code__.co_filename\n"


def make_wheel(folder: Path, name: str, version: str, *, number: int = 1) -> Path:
    """A wheel with a module, a command, and data outside the packages, as many have."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": SOURCE.format(number=number),
        f"{name}-{version}.data/data/share/{name}.txt": "for a desktop",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:where\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), text)
    return path


def make_definition(folder: Path, *wheels: Path, lock: str | None = None, toml: str = "", **fields: str) -> Path:
    """A definition whose lock names the wheels."""
    folder.mkdir(exist_ok=True)
    values = {"name": "tiny-runtime", "version": "1.0", "title": "A tiny runtime", "python": "3.11"} | fields
    lines = [f'{field} = "{value}"' for field, value in values.items()]
    (folder / "runtime.toml").write_text("\n".join([*lines, toml, ""]))
    (folder / "requirements.txt").write_text("".join(map(locked, wheels)) if lock is None else lock)
    return folder


def locked(wheel: Path) -> str:
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def offline_installer(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    """The installer that set-up uses, with a folder in the place of the index."""
    program = str(UV) if UV.is_file() else shutil.which("uv")
    if program is None:
        pytest.skip("uv is not installed: deploy/tidemark setup")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    return Installer((program,))

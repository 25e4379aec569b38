"""The very package that the server scores with, for contestants' machines: its source with a pyproject.toml. Where
programs are sent, the sandbox that runs them comes along, so that one can be tried as the server would run it.

Nothing of the site comes along. `pip install ./tidemark` installs it with the libraries it reads files with; where
those are installed already, the folder on PYTHONPATH is enough.
"""

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from django.conf import settings

FOLDER: Final = "tidemark"
LIBRARIES: Final = ("h5py", "numpy", "pandas", "pyarrow", "rasterio", "scipy")
OF_THE_SANDBOX: Final = ("pyseccomp",)
PROJECT: Final = """\
[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "tidemark-scoring"
version = "0.0+{digest}"
description = "The scoring of a Tidemark contest, as its server runs it."
requires-python = ">=3.11"
dependencies = [
{dependencies}
]

[tool.setuptools.packages.find]
include = [{packages}]
"""


def package_entries(*, with_sandbox: bool) -> dict[str, bytes]:
    """Names in the kit -> contents."""
    packages = ("scoring", "sandbox") if with_sandbox else ("scoring",)
    root = settings.BASE_DIR
    sources = [path for package in packages for path in _sources(root / package)]
    entries = {f"{FOLDER}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in sources}
    libraries = (*LIBRARIES, *OF_THE_SANDBOX) if with_sandbox else LIBRARIES
    return {**entries, f"{FOLDER}/pyproject.toml": _project(entries, packages, libraries).encode()}


def _sources(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*") if path.suffix in {".py", ".typed"})


def _project(entries: dict[str, bytes], packages: Sequence[str], libraries: Sequence[str]) -> str:
    """The version is a digest of the source: two kits with one version score alike."""
    digest = hashlib.sha256()
    for name in sorted(entries):
        digest.update(f"{name}\0{hashlib.sha256(entries[name]).hexdigest()}\n".encode())
    dependencies = "\n".join(f'  "{name}{_series(name)}",' for name in libraries)
    included = ", ".join(f'"{package}*"' for package in packages)
    return PROJECT.format(digest=digest.hexdigest()[:12], dependencies=dependencies, packages=included)


def _series(name: str) -> str:
    """The series of releases that the server uses: others may read files otherwise."""
    try:
        major, minor = version(name).split(".")[:2]
    except (PackageNotFoundError, ValueError):
        return ""
    return f"~={major}.{minor}"

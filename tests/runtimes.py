"""A built runtime for tests: this machine's interpreter with no package at all, made in a moment."""

import json
import sys
import sysconfig
from pathlib import Path

from sandbox.runtimes import DESCRIPTION, BuiltRuntime, digest_of, load


def make_built_runtime(root: Path, name: str = "python-geo", version: str = "1") -> BuiltRuntime:
    """In a folder of runtimes, under its digest, as `python -m sandbox runtime build` leaves it."""
    packages = root / "unfinished" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    told = {
        "name": name,
        "version": version,
        "title": "Plain Python",
        "python": ".".join(map(str, sys.version_info[:3])),
        "platform": sysconfig.get_platform(),
        "packages": {},
        "definition": "0" * 64,
    }
    digest = digest_of(root / "unfinished" / "lib", told)
    folder = (root / "unfinished").rename(root / digest)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    (folder / DESCRIPTION).write_text(json.dumps({**told, "digest": digest, "built_at": "2026-01-01T00:00:00+00:00"}))
    return load(folder)

"""The Python that a box runs: an interpreter and a virtual environment, shown at the same neutral places everywhere.

In the box: the environment's packages at /venv/lib, `python` at /venv/bin, a `pyvenv.cfg` of our own (the real one
names host paths). An interpreter below /usr stays where it is, with the shared libraries beside it; any other (built
by hand, by uv or pyenv) is shown whole at /runtime. There is no shell, compiler or other program.
"""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from sandbox.run import SandboxError

SYSTEM = Path("/usr")


@dataclass(frozen=True, slots=True)
class Runtime:
    """`binds` are (host path, place in the box), `links` (target, place), `configuration` the text of
    /venv/pyvenv.cfg.
    """

    binds: tuple[tuple[Path, str], ...]
    links: tuple[tuple[str, str], ...]
    configuration: str
    library_path: str

    @classmethod
    def of(cls, venv: Path | None = None) -> Runtime:
        """The runtime of a virtual environment, by default of the one this process runs in.

        Raises:
            SandboxError: there is no interpreter or no package folder where the environment says.
        """
        root = Path(sys.prefix) if venv is None else venv
        interpreter = (root / "bin/python").resolve()
        if not interpreter.is_file():
            raise SandboxError(f"{root}/bin/python leads to no interpreter; make the virtual environment anew")
        prefix, name = interpreter.parent.parent, interpreter.name
        packages = root / "lib"
        if not (root / "pyvenv.cfg").is_file():  # no virtual environment: the interpreter's own packages only
            return _runtime(prefix, name, None)
        if not packages.is_dir():
            raise SandboxError(f"{packages} is missing; make the virtual environment anew")
        return _runtime(prefix, name, packages)


def _runtime(prefix: Path, name: str, packages: Path | None) -> Runtime:
    system = prefix == SYSTEM
    home = "/usr/bin" if system else "/runtime/bin"
    binds = [*_system_libraries(), *(_system_python(name) if system else [(prefix, "/runtime")])]
    links = [(f"{home}/{name}", "/venv/bin/python"), ("python", "/venv/bin/python3"), *_library_links()]
    configuration = f"home = {home}\ninclude-system-site-packages = false\n" if packages else ""
    if packages:
        binds.append((packages.resolve(), "/venv/lib"))
        links.append(("lib", "/venv/lib64"))
    return Runtime(tuple(binds), tuple(links), configuration, "" if system else "/runtime/lib")


def _system_python(name: str) -> list[tuple[Path, str]]:
    version = name if name.startswith("python3.") else f"python3.{sys.version_info.minor}"
    library = SYSTEM / "lib" / version
    if not library.is_dir():
        raise SandboxError(f"{library}, the standard library of {SYSTEM}/bin/{name}, is missing")
    return [(SYSTEM / "bin" / name, f"/usr/bin/{name}"), (library, str(library))]


def _system_libraries() -> list[tuple[Path, str]]:
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    places = ["/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    if multiarch:
        places.insert(0, f"/usr/lib/{multiarch}")
    return [(Path(place), place) for place in places if Path(place).exists()]


def _library_links() -> list[tuple[str, str]]:
    """The dynamic loader is looked for at /lib or /lib64, which are links into /usr on every current distribution."""
    return [(f"usr/{name}", f"/{name}") for name in ("lib", "lib64") if Path("/", name).is_symlink()]

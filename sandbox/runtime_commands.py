"""`python -m sandbox runtime build|list|verify`: runtimes for people who run a site."""

from __future__ import annotations

import argparse
from pathlib import Path

from sandbox import runtimes
from sandbox.runtime_build import Installer, build


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the verbs. Exit status: 0 done, 1 a runtime is not what was built."""
    verbs = parser.add_subparsers(dest="runtime_verb", required=True)
    making = verbs.add_parser("build", help="build a runtime from its definition, if it is not there yet")
    making.add_argument("definition", type=Path, help="folder with runtime.toml and requirements.txt")
    making.add_argument("--into", type=Path, required=True, metavar="ROOT", help="folder of all runtimes")
    making.add_argument("--python", type=Path, help="interpreter to build it for (default: this one)")
    making.add_argument("--wheels", type=Path, help="folder with wheels that the package index does not have")
    making.add_argument("--installer", metavar="PROGRAM", help="path of uv or pip (default: uv if there is one)")
    making.set_defaults(do=_build)
    listing = verbs.add_parser("list", help="list the runtimes in a folder")
    listing.add_argument("root", type=Path)
    listing.add_argument("--packages", action="store_true", help="with the version of every package")
    listing.set_defaults(do=_list)
    checking = verbs.add_parser("verify", help="look whether the runtimes in a folder are what was built")
    checking.add_argument("root", type=Path)
    checking.set_defaults(do=_verify)


def _build(arguments: argparse.Namespace) -> int:
    built = build(
        arguments.definition,
        arguments.into,
        installer=Installer.find(arguments.installer),
        python=arguments.python,
        wheels=arguments.wheels,
    )
    print(built.path)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for runtime in runtimes.installed(arguments.root):
        print(f"{runtime.name} {runtime.version}  Python {runtime.python}  {runtime.platform}  {runtime.digest}")
        if arguments.packages:
            print(*(f"    {name} {version}" for name, version in runtime.packages.items()), sep="\n")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    found = [finding for runtime in runtimes.installed(arguments.root) for finding in runtimes.verify(runtime.path)]
    for finding in found:
        print(f"{finding.severity}: {finding.what}\n    to mend it: {finding.mend}")
    return 1 if found else 0

"""Kinds of contract beside rasters and tables: a package each, so that a box imports only what its contest needs.

contract.py   read(node, *, complete) -> contract or None; document(contract) -> JSON form. No numerical library.
reading.py    read(path, contract, writer, problems): one file of a stranger -> cells, or all that is wrong
truth.py      normalise_truth(spec, contract, raw, output, problems, *, near): writes manifest.json, contract.json
              check_metrics(specs, contract, output), where metrics need what a truth may lack; raises InvalidJob
scoring.py    score(reader, folder, manifest, contract, specs) -> {metrics, scenes, statistics}
reproducing.py    differences(first, second, contract, tolerance): two streams of cells, and no truth
program.py    side_data(copy, folder, manifest, contract, sides) and
                  write_truth(writer, folder, manifest, contract), where
              an organiser's own program can be given such data (program.GIVEN names the kinds)
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Final, Literal

PACKAGES: Final[tuple[str, ...]] = ("grid", "lines", "detections")
Part = Literal["contract", "reading", "truth", "scoring", "reproducing", "program"]


def part_of(kind: str, part: Part) -> ModuleType:
    """The module of a kind for one box."""
    return importlib.import_module(f"scoring.kinds.{kind}.{part}")

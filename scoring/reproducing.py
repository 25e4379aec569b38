"""Does a second run give the prediction that was handed in? Two streams of plain cells, compared; there is no truth.

Both files were normalised in boxes of their own, so what is read here is plain cells of one contract; they are not
believed either. A scene is a mask, a layer of a mask, a column of a table, a field of a grid, or the lines or
detections of a scene.

Two numbers agree when |a - b| <= max(absolute, relative x max(|a|, |b|)), as math.isclose has it. Masks and texts agree
when they are equal, points when they lie within `absolute` (pixels) of each other. `share` is the share of all cells
that may differ all the same. For masks `iou` may be stated instead of it, or with it: the least intersection over
union, over all classes and scenes, of the two predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Contract, KindContract, RasterContract, TableContract
from scoring.errors import InvalidJob, Problems
from scoring.formats.cells import CellReader
from scoring.kinds import part_of
from scoring.reading import Node

SCHEMA: Final = "tidemark.reproduction/1"
LARGEST: Final = float(np.finfo(np.float64).max)
NAMES: Final = ("absolute", "relative", "share", "iou")
Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ; None: not stated. `absolute` is in the unit of the cells, the others have none."""

    absolute: float | None = None
    relative: float | None = None
    share: float | None = None
    iou: float | None = None

    @property
    def counts_cells(self) -> bool:
        """Is it the cells that decide? Not where nothing but an overlap of masks is stated."""
        return self.iou is None or any(one is not None for one in (self.absolute, self.relative, self.share))


@dataclass(frozen=True, slots=True)
class Difference:
    """One scene: how many cells were compared, how many of them differ beyond the tolerance, and by how much at most.

    The largest differences are None where cells are no numbers, `iou` where they are no classes.
    """

    name: str
    cells: int
    differing: int
    is_equal: bool
    largest_absolute: float | None = None
    largest_relative: float | None = None
    iou: float | None = None


def parse_tolerance(document: object) -> Tolerance:
    """A tolerance from JSON: numbers that are not negative, and no share or overlap above 1.

    Raises:
        InvalidJob: with every mistake that was found.
    """
    problems = Problems()
    node = Node(document, "tolerance", problems)
    if not isinstance(document, dict):
        node.wrong("an object")
    values = {name: _number(node.at(name), 1.0 if name in ("share", "iou") else LARGEST) for name in NAMES}
    for name in document if isinstance(document, dict) else ():
        Node(name, f"tolerance.{name}", problems).choice(NAMES, NAMES[0])
    problems.raise_if_any(InvalidJob)
    return Tolerance(**values)


def _number(node: Node, largest: float) -> float | None:
    value = None if node.is_null else node.number()
    if value is not None and not 0 <= value <= largest:
        expected = "0 to 1" if largest == 1 else "0 or more"
        node.problems.add("job_range", node.where, value=f"{value:g}", expected=expected)
    return value


def reproduction(first: BinaryIO, second: BinaryIO, contract: Contract, tolerance: Tolerance) -> dict[str, Any]:
    """The document of a comparison: the first stream is what was handed in, the second what a run has made of it.

    Raises:
        BrokenStream: one of them is not what the contract says.
    """
    readers = CellReader(first, contract), CellReader(second, contract)
    scenes = list(_differences(*readers, contract, tolerance))
    for reader in readers:
        reader.finish()
    return _document(scenes, tolerance)


def _differences(
    first: CellReader, second: CellReader, contract: Contract, tolerance: Tolerance
) -> Sequence[Difference]:
    if isinstance(contract, KindContract):
        found: Sequence[Difference] = part_of(contract.kind, "reproducing").differences(
            first, second, contract, tolerance
        )
        return found
    if isinstance(contract, RasterContract):
        from scoring.reproducing_masks import mask_differences

        return mask_differences(first, second, contract)
    if isinstance(contract, TableContract):
        from scoring.reproducing_tables import table_differences

        return table_differences(first, second, contract, tolerance)
    raise TypeError(f"{type(contract).__name__} is no contract")


def _document(scenes: Sequence[Difference], tolerance: Tolerance) -> dict[str, Any]:
    cells, differing = sum(one.cells for one in scenes), sum(one.differing for one in scenes)
    smallest = min((one.iou for one in scenes if one.iou is not None), default=None)
    enough = not tolerance.counts_cells or differing <= (tolerance.share or 0.0) * cells
    overlaps = tolerance.iou is None or smallest is None or smallest >= tolerance.iou
    return {
        "schema": SCHEMA,
        "status": "ok",
        "is_equal": all(one.is_equal for one in scenes),
        "is_within": enough and overlaps,
        "cells": cells,
        "differing": differing,
        "largest_absolute": _largest(one.largest_absolute for one in scenes),
        "largest_relative": _largest(one.largest_relative for one in scenes),
        "smallest_iou": smallest,
        "scenes": [asdict(one) for one in scenes],
    }


def _largest(values: Any) -> float | None:
    return max((value for value in values if value is not None), default=None)


def number_difference(name: str, first: Numbers, second: Numbers, tolerance: Tolerance) -> Difference:
    """Two arrays of finite numbers, cell by cell.

    Shapes:  first and second alike
    Example: 100 and 101 with relative 0.01 -> none differs, 1.0 absolute, 0.0099 relative
    """
    one, other = first.astype(np.float64).ravel(), second.astype(np.float64).ravel()
    with np.errstate(over="ignore"):
        gaps = np.minimum(np.abs(one - other), LARGEST)
    sizes = np.maximum(np.abs(one), np.abs(other))
    ratios = np.divide(gaps, sizes, out=np.zeros_like(gaps), where=sizes > 0)
    allowed = np.maximum(tolerance.absolute or 0.0, (tolerance.relative or 0.0) * sizes)
    return Difference(
        name=name,
        cells=len(gaps),
        differing=int(np.count_nonzero(gaps > allowed)),
        is_equal=not gaps.any(),
        largest_absolute=float(gaps.max(initial=0.0)),
        largest_relative=float(ratios.max(initial=0.0)),
    )

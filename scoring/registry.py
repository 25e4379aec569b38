"""All metrics, in one table. A metric is a function of a sufficient statistic; tests run over the whole table.

Importing this costs no numerical library, so a web site can read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from scoring.metric import Metric
from scoring.rows import boundaries, columns, composite, detections, distributions, grids, labels, lines, masks

_ROWS: Final = (
    *masks.ROWS,
    *columns.ROWS,
    *labels.ROWS,
    *distributions.ROWS,
    *composite.ROWS,
    *grids.ROWS,
    *lines.ROWS,
    *boundaries.ROWS,
    *detections.ROWS,
)


def _table(rows: tuple[Metric, ...]) -> Mapping[str, Metric]:
    """Rows by name. A name has one meaning; a row of the same name adds a kind of data with parameters of its own."""
    table: dict[str, Metric] = {}
    for row in rows:
        first = table.setdefault(row.name, row)
        if first is not row:
            of_kind: dict[str, Metric] = {**first.of_kind, **{kind: row for kind in row.kinds}}  # noqa: C420
            table[row.name] = replace(first, kinds=(*first.kinds, *row.kinds), of_kind=of_kind)
    return MappingProxyType(table)


METRICS: Final[Mapping[str, Metric]] = _table(_ROWS)

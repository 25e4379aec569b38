"""All metrics, in one table. A metric is a function of a sufficient statistic; tests run over the whole table.

Importing this costs no numerical library, so a web site can read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from scoring.metric import Metric
from scoring.rows import columns, composite, masks

_ROWS: Final = (*masks.ROWS, *columns.ROWS, *composite.ROWS)
METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ROWS})

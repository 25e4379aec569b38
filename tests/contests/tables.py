"""Tables that examples are made of."""

import csv
import io
from collections.abc import Sequence


def as_csv(rows: Sequence[Sequence[object]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()

"""Tasks of lines for tests: a truth of two coasts with transects, and predictions in each form."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.scoring.makers import Published, published

SIDE = 1000
TRANSFORM = [3.0, 0.0, 500_000.0, 0.0, -3.0, 4_000_000.0]
TELLUS = {"key": "error", "metric": "transect_error"}


def coast(seed: int, points: int = 400) -> np.ndarray:
    """From the left edge to the right one, in steps of two and a half pixels."""
    rng = np.random.default_rng(seed)
    x = np.linspace(2, SIDE - 2, points)
    return np.stack([x, 500 + 120 * np.sin(x / 150 + seed) + np.cumsum(rng.normal(size=points))], axis=1)


def upright_transects(count: int = 12) -> np.ndarray:
    x = np.linspace(60, SIDE - 60, count)
    return np.stack([np.stack([x, np.full(count, 5.0)], axis=1), np.stack([x + 30, np.full(count, 995.0)], axis=1)], 1)


def annotation(points: Any, transects: Any = None, **rest: Any) -> dict[str, Any]:
    lines = upright_transects() if transects is None else np.asarray(transects)
    return {
        "coastline_points": np.asarray(points).tolist(),
        "validate_lines": lines.tolist(),
        "height": SIDE,
        "width": SIDE,
        **rest,
    }


def coasts() -> dict[str, np.ndarray]:
    return {"north": coast(1), "south": coast(2)}


def contract(**fields: Any) -> dict[str, Any]:
    return {"kind": "lines", "geometry": "points", "formats": ["pixel_json"], **fields}


def lines_task(
    folder: Path,
    metrics: Sequence[Mapping[str, Any]] = (TELLUS,),
    truth: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    split: Any = None,
    **fields: Any,
) -> Published:
    """Annotations of Tellus' form; `north` is public and `south` private."""
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, one in (truth or {name: annotation(points) for name, points in coasts().items()}).items():
        (raw / f"{name}.json").write_text(json.dumps(one))
    split = split or {"by": "scene", "public": ["north"], "private": ["south"]}
    return published(folder, raw, contract(**fields), [dict(one) for one in metrics], split=split)


def sent(folder: Path, document: Any, name: str = "prediction.json") -> Path:
    """Text as it stands, anything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    text = document if isinstance(document, str) else json.dumps(document, default=lambda array: array.tolist())
    path.write_text(text)
    return path

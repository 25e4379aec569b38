"""The results of the layers of a contract as one: a column is of one layer, a scene has the columns of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]


def merged(parts: Mapping[str, Body]) -> dict[str, Any]:
    """Layer -> body of a result (metrics, scenes, statistics) -> the body of the whole.

    A scene says under `layers` how many cells of each count; statistics are kept by layer, each in its usual form.
    """
    metrics = {key: one for body in parts.values() for key, one in body["metrics"].items()}
    scenes: dict[str, dict[str, Any]] = {}
    for layer, body in parts.items():
        for row in body["scenes"]:
            base = {"name": row["name"], "split": row["split"], "cells": 0, "layers": {}, "metrics": {}}
            one = scenes.setdefault(row["name"], base)
            one["cells"] += row["cells"]
            one["layers"][layer] = row["cells"]
            one["metrics"].update(row.get("metrics", {}))
    statistics: dict[str, Any] = {
        "kind": "raster",
        "layers": {layer: body["statistics"] for layer, body in parts.items()},
    }
    measured = {key: one for body in parts.values() for key, one in body["statistics"].pop("measured", {}).items()}
    if measured:
        statistics["measured"] = measured
    return {"metrics": metrics, "scenes": list(scenes.values()), "statistics": statistics}

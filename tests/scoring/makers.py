"""Rasters, tables, truths and the way from a file to a result, for tests. Nothing here is clever."""

import io
import json
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine

from scoring.contract import Contract, contract_document
from scoring.errors import Problems
from scoring.formats.rasters import lock_gdal
from scoring.job import parse_metrics
from scoring.normalise import normalise
from scoring.publish import publish, read_spec
from scoring.score import score

lock_gdal()

CRS = "EPSG:32654"
TRANSFORM = (50.0, 0.0, 500_000.0, 0.0, -50.0, 5_000_000.0)
IOU = {"key": "iou", "metric": "iou", "params": {"positive": 1}}


def geotiff(
    path: Path, cells: Any, *, crs: str | None = CRS, transform: Sequence[float] | None = TRANSFORM, **profile: Any
) -> Path:
    """Write cells of shape (rows, columns) or (bands, rows, columns)."""
    array = np.asarray(cells)
    stack = array[None] if array.ndim == 2 else array
    palette = profile.pop("palette", None)
    mask = profile.pop("mask", None)
    place = {"crs": crs, "transform": Affine(*transform) if transform is not None else Affine.identity()}
    shape = {
        "count": len(stack),
        "height": stack.shape[1],
        "width": stack.shape[2],
        "dtype": profile.pop("dtype", array.dtype),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(path, "w", driver="GTiff", **shape, **place, **profile) as file,
        ):
            file.write(stack)
            if palette:
                file.write_colormap(1, palette)
            if mask is not None:
                file.write_mask(mask)
    return path


def png(path: Path, cells: Any, **profile: Any) -> Path:
    """Write a grey PNG (or one band after another), with GDAL and so without a place."""
    array = np.asarray(cells)
    stack = array[None] if array.ndim == 2 else array
    palette = profile.pop("palette", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"count": len(stack), "height": stack.shape[1], "width": stack.shape[2], "dtype": array.dtype}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", driver="PNG", **shape, **profile) as file:
            file.write(stack)
            if palette:
                file.write_colormap(1, palette)
    return path


def zipped(
    path: Path, members: Mapping[str, bytes] | Sequence[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    pairs = members.items() if isinstance(members, Mapping) else members
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members with one name are what some tests want
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in pairs:
                archive.writestr(name, data)
    return path


def raster_contract(*, classes: Sequence[int] = (0, 1), **fields: Any) -> dict[str, Any]:
    return {"kind": "raster", "formats": ["geotiff", "png"], "dtype": "uint8", "classes": list(classes), **fields}


def table_contract(*fields: tuple[str, str], key: str = "id", key_type: str = "string", **rest: Any) -> dict[str, Any]:
    columns = [
        {"name": key, "type": key_type},
        *({"name": name, "type": type_} for name, type_ in fields or (("y", "number"),)),
    ]
    return {"kind": "table", "formats": ["csv"], "schema": {"fields": columns, "primaryKey": key}, **rest}


@dataclass(frozen=True)
class Published:
    """A truth that was normalised, and what scores against it."""

    contract: Contract
    truth: Path
    metrics: Any

    def problems(self, prediction: Path) -> Problems:
        return normalise(prediction, self.contract, None)

    def cells(self, prediction: Path) -> bytes:
        stream = io.BytesIO()
        problems = normalise(prediction, self.contract, stream)
        assert not problems, [one.message for one in problems]
        return stream.getvalue()

    def result(self, prediction: Path) -> dict[str, Any]:
        return self.score(self.cells(prediction))

    def score(self, cells: bytes) -> dict[str, Any]:
        result = score(io.BytesIO(cells), self.contract, self.truth, parse_metrics(self.metrics, self.contract))
        return json.loads(json.dumps(result, allow_nan=False))  # a result must survive JSON

    def scores(self, prediction: Path) -> dict[str, dict[str, float | None]]:
        result = self.result(prediction)
        assert result["status"] == "ok", result
        return result["metrics"]

    def write_contract(self, path: Path) -> Path:
        path.write_text(json.dumps(contract_document(self.contract)))
        return path


def published(folder: Path, raw: Path, contract: Mapping[str, Any], metrics: Any, **spec: Any) -> Published:
    """Publish a truth; `spec`: split, ignore, mask."""
    document = {"contract": dict(contract), "truth": {"split": {"by": "none"}, **spec}, "metrics": metrics}
    parsed, truth, _ = read_spec(document)
    output = folder / "truth"
    return Published(publish(parsed, truth, metrics, raw, output, near=[folder]), output, metrics)


def published_masks(
    folder: Path, scenes: Mapping[str, Any], metrics: Any = (IOU,), *, classes: Sequence[int] = (0, 1), **spec: Any
) -> Published:
    for name, cells in scenes.items():
        geotiff(folder / "raw" / f"{name}.tif", np.asarray(cells))
    return published(folder, folder / "raw", raster_contract(classes=classes), list(metrics), **spec)


def published_table(
    folder: Path, text: str, metrics: Any, contract: Mapping[str, Any] | None = None, **spec: Any
) -> Published:
    folder.mkdir(parents=True, exist_ok=True)
    solution = folder / "solution.csv"
    solution.write_text(text)
    return published(folder, solution, contract or table_contract(), metrics, **spec)


def mask_zip(folder: Path, scenes: Mapping[str, Any], name: str = "prediction.zip", **profile: Any) -> Path:
    members = {}
    for scene, cells in scenes.items():
        path = geotiff(folder / "pieces" / f"{scene}.tif", np.asarray(cells, profile.get("dtype", np.uint8)), **profile)
        members[f"{scene}.tif"] = path.read_bytes()
    return zipped(folder / name, members)


def codes(problems: Problems) -> list[str]:
    return [problem.code for problem in problems]

"""The measures of masks that see bands of cells, beside the counting of pairs. Loaded only where a contest has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy.typing as npt

from scoring.contract import RasterContract, Scene
from scoring.errors import InvalidJob, Problems, quoted
from scoring.formats.truth_store import RasterTruth, TruthScene
from scoring.job import MetricSpec
from scoring.measure import MeasuredScene, Sums, measure_of, scene_results

IN_DEGREES: Final = ("EPSG:4326", "EPSG:4269", "EPSG:4612", "EPSG:6668", "EPSG:4979")


class Watch(Protocol):
    """Sees the codes of all rows of a scene, from the top."""

    def add(self, codes: npt.NDArray[Any]) -> None: ...

    def finish(self) -> dict[str, Sums]: ...


def check_units(specs: Sequence[MetricSpec], scenes: Sequence[Scene]) -> None:
    """A distance in metres needs a transform, of a CRS that is in metres.

    Raises:
        InvalidJob: with every scene that has none.
    """
    problems = Problems()
    for spec in specs:
        for scene in scenes if spec.params.get("unit") == "metre" else ():
            if scene.transform is None or scene.crs in IN_DEGREES:
                place, needed = f"metrics.{spec.key}", "a distance in metres"
                problems.add("lines_transform", place, scene=quoted(scene.name), needed=needed)
    problems.raise_if_any(InvalidJob)


class Watched:
    """The measured metrics of one layer, over all scenes."""

    def __init__(self, truth: RasterTruth, contract: RasterContract, specs: Sequence[MetricSpec]) -> None:
        self._truth = truth
        self._specs = [spec for spec in specs if spec.measure]
        self._measures = {spec.key: measure_of(spec, contract) for spec in self._specs}
        self._scenes: list[MeasuredScene] = []
        self._watch: Watch | None = None

    def begin(self, one: TruthScene, block_side: int) -> Watch | None:
        """What is to be fed the rows of a scene; None when nothing looks at them."""
        if not self._specs:
            return None
        from scoring.raster_measures import SceneWatch

        self._watch = SceneWatch(
            one.scene,
            {spec.key: (spec, self._measures[spec.key]) for spec in self._specs},
            self._truth.values,
            self._truth.classes,
            block_side=block_side,
            scenes=len(self._truth.scenes),
        )
        return self._watch

    def end(self, one: TruthScene) -> None:
        if self._watch is not None:
            self._scenes.append(MeasuredScene(one.scene.name, one.side, self._watch.finish()))
        self._watch = None

    def added(self, body: dict[str, Any]) -> dict[str, Any]:
        """A result's body with the scores and statistics of these metrics."""
        if not self._specs:
            return body
        metrics, rows, kept = scene_results(self._scenes, self._measures, self._specs)
        body["metrics"].update(metrics)
        for mine, row in zip(body["scenes"], rows, strict=True):
            mine.setdefault("metrics", {}).update(row["metrics"])
        body["statistics"]["measured"] = kept
        return body

"""Metrics of a 96 x 661 x 817 float32 field from memory, against peers, and from NetCDF through both boxes.

    python -m tests.benchmarks.grids memory [--fields 96] [--rounds 5]     peers are measured where they are installed
    python -m tests.benchmarks.grids boxes [--fields 96] [--rounds 5]

All ways of a comparison run interleaved in one process, so ratios of medians hold even on a noisy machine.
"""

import argparse
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

HEIGHT, WIDTH = 661, 817
THRESHOLDS = (0.5, 1.0, 2.0, 5.0, 10.0)
WINDOWS = (5, 11, 21, 41)
Ways = Mapping[str, Callable[[], object]]


def rain(fields: int, seed: int) -> np.ndarray:
    """Smooth patches of rain, most cells dry, in tenths, as packed radar data are."""
    rng = np.random.default_rng(seed)
    coarse = rng.gamma(0.3, 6.0, (fields, HEIGHT // 16 + 1, WIDTH // 16 + 1)).astype(np.float32)
    blown = coarse.repeat(16, axis=1).repeat(16, axis=2)[:, :HEIGHT, :WIDTH]
    noise = rng.random((HEIGHT, WIDTH), dtype=np.float32)
    return np.round(np.maximum(blown * (0.5 + noise) - 0.3, 0), 1).astype(np.float32)


def compare(title: str, ways: Ways, rounds: int) -> None:
    """The first way is what the others are compared with."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            start = time.perf_counter()
            work()
            times[way].append(time.perf_counter() - start)
    first = statistics.median(times[next(iter(ways))])
    print(f"\n{title} (ratio to: {next(iter(ways))})")
    for way, values in times.items():
        median = statistics.median(values)
        print(f"  {way:<48}{median / first:9.3f}   ({median * 1e3:9.1f} ms, n={len(values)})", flush=True)


# -- from memory -------------------------------------------------------------------------------------------------------


def errors(truth: np.ndarray, prediction: np.ndarray, rounds: int) -> None:
    from scoring.kinds.grid.measures import error_sums

    def read_once() -> int:
        return sum(int(np.bitwise_xor.reduce(one.view(np.uint32), axis=None)) for one in (truth, prediction))

    def sums() -> list[Any]:
        return [error_sums(t, p) for t, p in zip(truth, prediction, strict=True)]

    def by_field() -> list[Any]:
        found = []
        for t, p in zip(truth, prediction, strict=True):
            d = p.astype(np.float64) - t
            found.append((d.sum(), np.abs(d).sum(), (d * d).sum()))
        return found

    exact = [np.square(p.astype(np.float64) - t).sum() for t, p in zip(truth, prediction, strict=True)]
    worst = max(abs(one.square / value - 1) for one, value in zip(sums(), exact, strict=True))
    print(f"squared errors, against float64 throughout: off by at most {worst:.1e}")
    ways = {
        "reading both arrays once": read_once,
        "RMSE, bias and MAE of ours": sums,
        "the same in plain numpy and float64, by field": by_field,
    }
    compare("RMSE, bias, MAE", ways, rounds)


def contingency(truth: np.ndarray, prediction: np.ndarray, rounds: int) -> None:
    def ours() -> list[Any]:
        from scoring.kinds.grid.contingency import counts_of, events

        return [
            counts_of(events(t, limit, ">="), events(p, limit, ">="), None)
            for t, p in zip(truth, prediction, strict=True)
            for limit in THRESHOLDS
        ]

    ways: dict[str, Callable[[], object]] = {"five tables of counts, ours": ours}
    try:
        import xarray
        import xskillscore
    except ImportError:
        print("\nxskillscore is not installed: no comparison of ETS")
        return
    t, p = (xarray.DataArray(one, dims=("time", "y", "x")) for one in (truth, prediction))

    def theirs() -> list[Any]:
        found = []
        for limit in THRESHOLDS:
            edges = np.array([-1.0, limit, 1e9])
            table = xskillscore.Contingency(t, p, edges, edges, dim=["y", "x"])  # its histogram fails over all three
            found.append(table.equit_threat_score())
        return found

    compare("ETS at five thresholds", ways | {"xskillscore Contingency": theirs}, max(1, rounds // 2))


def fractions(truth: np.ndarray, prediction: np.ndarray, rounds: int) -> None:
    from scoring.kinds.grid.contract import GridContract
    from scoring.kinds.grid.fractions import Fss
    from scoring.kinds.grid.views import Field

    contract = GridContract(shape=(1, HEIGHT, WIDTH))
    params = {"comparator": ">=", "edge": "zero", "zero_division": "skip"}
    measures = [
        Fss({**params, "threshold": limit, "window": window}, contract)
        for limit in THRESHOLDS[1:4]
        for window in WINDOWS
    ]

    def ours() -> list[Any]:
        one = Field(truth[0], prediction[:1])
        return [measure.value(measure.sums(one).sum(axis=0)) for measure in measures]

    ways: dict[str, Callable[[], object]] = {"FSS of ours": ours}
    try:
        from pysteps.verification.spatialscores import fss
    except ImportError:
        print("\npysteps is not installed: no comparison of FSS")
        return

    def theirs() -> list[Any]:
        return [fss(prediction[0], truth[0], limit, window) for limit in THRESHOLDS[1:4] for window in WINDOWS]

    differ = max(abs(float(a) - float(b)) for a, b in zip(ours(), theirs(), strict=True))
    print(f"\nFSS differs from pysteps by at most {differ:.1e}")
    compare("FSS at 3 thresholds and 4 windows, one field", ways | {"pysteps fss": theirs}, rounds)


def ensembles(rounds: int) -> None:
    from scoring.kinds.grid.ensembles import crps_ensemble

    truth, members = rain(1, 5)[0], rain(10, 6)

    def ours() -> Any:
        return crps_ensemble(truth.reshape(-1), members.reshape(10, -1), fair=False).mean()

    ways: dict[str, Callable[[], object]] = {"CRPS of ours": ours}
    try:
        import xarray
        import xskillscore
    except ImportError:
        print("\nxskillscore is not installed: no comparison of CRPS")
        return
    t, x = xarray.DataArray(truth, dims=("y", "x")), xarray.DataArray(members, dims=("member", "y", "x"))

    def theirs() -> Any:
        return xskillscore.crps_ensemble(t, x)

    print(f"\nCRPS differs from xskillscore by {abs(float(ours()) / float(theirs()) - 1):.1e} (which sums in float32)")
    compare("CRPS of 10 members, one field", ways | {"xskillscore crps_ensemble": theirs}, rounds)


def from_memory(fields: int, rounds: int) -> None:
    truth, prediction = rain(fields, 1), rain(fields, 2)
    errors(truth, prediction, rounds)
    fractions(truth, prediction, rounds)
    ensembles(rounds)
    contingency(truth, prediction, rounds)


# -- through the boxes -------------------------------------------------------------------------------------------------


def write_netcdf(path: Path, values: np.ndarray) -> Path:
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        storage = {"chunks": (1, HEIGHT, WIDTH), "compression": "gzip", "shuffle": True}
        file.create_dataset("rain", data=values, **storage)
    return path


def read_netcdf(path: Path) -> None:
    import h5py

    with h5py.File(path, "r", locking=False) as file:
        field = np.empty((HEIGHT, WIDTH), np.float32)
        for index in range(file["rain"].shape[0]):
            file["rain"].read_direct(field, np.s_[index])


def through_boxes(fields: int, rounds: int) -> None:
    os.environ["TIDEMARK_HOME"] = tempfile.mkdtemp(prefix="tidemark-bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "competitions.settings")
    import json

    import django

    django.setup()
    from competitions.services import boxes

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = write_netcdf(folder / "raw" / "truth.nc", rain(fields, 1))
        prediction = write_netcdf(folder / "prediction" / "p.nc", rain(fields, 2))
        contract = {"kind": "grid", "formats": ["netcdf"], "variable": "rain", "max_file_bytes": 2**30}
        boxes.normalise_truth({"contract": contract, "truth": {"split": {"by": "none"}}}, truth, folder / "truth")
        for path in (folder / "truth").rglob("*"):
            path.chmod(0o644)
        completed = json.loads((folder / "truth" / "contract.json").read_text())
        shown = {"aggregate": "pooled", "precision": 6, "params": {}}
        metrics = [{"key": key, "metric": key, **shown} for key in ("rmse", "absolute_bias", "mae")]
        job = boxes.ScoringJob(prediction, "p.nc", completed, metrics, folder / "truth")
        runner = boxes.make_runner()
        ways: dict[str, Callable[[], object]] = {
            "h5py reads the prediction": lambda: read_netcdf(prediction),
            "both boxes, three scores": lambda: boxes.score_prediction(job, runner=runner),
        }
        print(f"{prediction.stat().st_size / 2**20:.0f} MiB for {fields * HEIGHT * WIDTH * 4 / 2**20:.0f} MiB of cells")
        compare("compressed NetCDF through the boxes", ways, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("memory", "boxes"))
    parser.add_argument("--fields", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    run = from_memory if options.part == "memory" else through_boxes
    run(options.fields, options.rounds)


if __name__ == "__main__":
    main()

"""A CSV of a million rows, validated, aligned on its id, RMSE or AUC, against pandas + merge + scikit-learn.

    python -m tests.benchmarks.tables [--rows 1000000] [--rounds 5] [--with-boxes]

All ways run interleaved, so the ratios of medians hold even on a noisy machine; absolute times do not. Ours is what
runs in the two boxes: normalise (every cell held to the grammar, every id to be there once) into a pipe, and score
(aligned, with the statistics of 64 blocks), one after the other in one thread and without the time that boxes take to
start; --with-boxes adds that. The truth was normalised when the contest was published; pandas reads its CSV, as people
do. Limits: Arrow alone takes, in one thread, 0.5 of pandas for both files, to split the lines of the prediction and
turn them into numbers.
"""

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TIDEMARK_HOME"] = tempfile.mkdtemp(prefix="tidemark-bench-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "competitions.settings")

import numpy as np

from scoring.contract import Contract, contract_document
from scoring.job import parse_metrics
from scoring.normalise import normalise
from scoring.publish import publish, read_spec
from scoring.score import score

METRICS: dict[str, dict[str, Any]] = {
    "rmse": {"key": "score", "metric": "rmse", "params": {"column": "y"}},
    "auc": {"key": "score", "metric": "roc_auc", "params": {"column": "y", "truth": "label", "positive": 1}},
}


def write_tables(folder: Path, rows: int, ids: str, order: str) -> tuple[Path, Path]:
    rng = np.random.default_rng(1)
    names = [f"s{number:07d}" if ids == "string" else str(number) for number in range(rows)]
    truth, label = rng.normal(size=rows), rng.random(rows) < 0.2
    guess = truth + rng.normal(size=rows) + label
    lines = [f"{name},{value:.6f},{int(one)}" for name, value, one in zip(names, truth, label, strict=True)]
    (folder / "solution.csv").write_text("\n".join(["id,y,label", *lines, ""]))
    places = rng.permutation(rows) if order == "shuffled" else np.arange(rows)
    lines = [f"{names[place]},{guess[place]:.6f}" for place in places.tolist()]
    (folder / "prediction.csv").write_text("\n".join(["id,y", *lines, ""]))
    return folder / "solution.csv", folder / "prediction.csv"


def publish_truth(folder: Path, solution: Path, ids: str, metrics: list[Any]) -> tuple[Contract, float]:
    key = {"name": "id", "type": "string" if ids == "string" else "integer"}
    schema = {"fields": [key, {"name": "y", "type": "number"}], "primaryKey": "id"}
    contract = {"kind": "table", "formats": ["csv"], "schema": schema, "max_file_bytes": 10**10}
    parsed, spec, _ = read_spec({"contract": contract, "truth": {"split": {"by": "none"}}, "metrics": metrics})
    start = time.perf_counter()
    return publish(parsed, spec, metrics, solution, folder / "truth"), time.perf_counter() - start


def ours(prediction: Path, contract: Contract, truth: Path, metrics: list[Any]) -> float:
    stream = io.BytesIO()
    problems = normalise(prediction, contract, stream)
    if problems:
        raise ValueError([one.message for one in problems])
    stream.seek(0)
    result = score(stream, contract, truth, parse_metrics(metrics, contract))
    return float(result["metrics"]["score"]["public"])


def pandas(solution: Path, prediction: Path, metric: str) -> float:
    import pandas as pd
    from sklearn import metrics as sk

    merged = pd.read_csv(solution).merge(pd.read_csv(prediction), on="id", suffixes=("_truth", "_guess"))
    if metric == "rmse":
        return float(sk.root_mean_squared_error(merged["y_truth"], merged["y_guess"]))
    return float(sk.roc_auc_score(merged["label"], merged["y_guess"]))


def in_boxes(prediction: Path, contract: Contract, truth: Path, metrics: list[Any]) -> Callable[[], object]:
    import django

    django.setup()
    from competitions.services import boxes

    for path in (prediction, *truth.rglob("*")):
        path.chmod(0o644)
    runner = boxes.make_runner()
    metric = {"aggregate": "pooled", "precision": 6, **metrics[0]}
    job = boxes.ScoringJob(prediction, "prediction.csv", contract_document(contract), [metric], truth)
    return lambda: boxes.score_prediction(job, runner=runner)


def measure(metric: str, ids: str, order: str, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        solution, prediction = write_tables(folder, options.rows, ids, order)
        metrics = [METRICS[metric]]
        contract, publishing = publish_truth(folder, solution, ids, metrics)
        truth = folder / "truth"
        ways: dict[str, Callable[[], object]] = {
            "pandas, merge, scikit-learn": lambda: pandas(solution, prediction, metric),
            "normalise and score": lambda: ours(prediction, contract, truth, metrics),
        }
        if options.with_boxes:
            ways["both boxes, start and all"] = in_boxes(prediction, contract, truth, metrics)
        for work in ways.values():
            work()  # imports are not what is measured
        # Both ways use one thread, and its own time is not disturbed by what else the machine does; boxes are others.
        clock = time.perf_counter if options.with_boxes else time.process_time
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, work in ways.items():
                start = clock()
                work()
                times[way].append(clock() - start)
        same = abs(ours(prediction, contract, truth, metrics) - pandas(solution, prediction, metric)) < 1e-9
    report(f"{metric}, {options.rows} rows, {ids} ids, {order}", times, same=same, publishing=publishing)


def report(title: str, times: dict[str, list[float]], *, same: bool, publishing: float) -> None:
    peer = statistics.median(times["pandas, merge, scikit-learn"])
    print(f"\n{title}: the same score: {same}; publishing the truth took {publishing:.2f} s, {publishing / peer:.2f} x")
    for way, values in times.items():
        median = statistics.median(values)
        print(f"  {way:<30}{median / peer:8.3f}   ({median:.3f} s, n={len(values)})")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--metrics", nargs="+", default=["rmse", "auc"])
    parser.add_argument("--ids", nargs="+", default=["integer", "string"])
    parser.add_argument("--orders", nargs="+", default=["kept", "shuffled"])
    parser.add_argument("--with-boxes", action="store_true")
    options = parser.parse_args()
    for metric in options.metrics:
        for ids in options.ids:
            for order in options.orders:
                measure(metric, ids, order, options)
    print(json.dumps({"rows": options.rows, "rounds": options.rounds}))


if __name__ == "__main__":
    main()

"""Metrics of tables that are measured: labels, order, probabilities, distributions, several columns, lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.cases import SEED, Case
from tests.scoring.makers import Published

ROWS = 400
SPLIT = {"by": "column", "column": "Usage"}
Columns = Mapping[str, np.ndarray]
WORDS = np.array(["ice", "land", "water"])
UNIT = {"minimum": 0, "maximum": 1}
NOT_NUMBERS = ("nan", "inf", "", "1e400", "one", "\uff11")


def rng(step: int = 0) -> np.random.Generator:
    return np.random.default_rng(SEED + step)


@dataclass(frozen=True)
class Contest:
    """Columns of the truth and of a perfect and a guessed prediction, and what the contract says of them."""

    truth: Columns
    perfect: Columns
    guess: Columns
    params: Mapping[str, Any] = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)
    perfect_scores: float | None = None
    doubles: bool = True


def text_of(columns: Columns, order: Sequence[int] | None = None, *, usage: bool = False, rows: int = ROWS) -> str:
    lists = [[str(value) for value in column.tolist()] for column in columns.values()]
    lines = [",".join([f"r{number}", *cells]) for number, cells in enumerate(zip(*lists, strict=True))]
    if usage:
        lines = [
            f"{line},{'Public' if number * 7 % 400 * 5 % 2 == 0 else 'Private'}" for number, line in enumerate(lines)
        ]
    head = ",".join(["id", *columns, *(["Usage"] if usage else [])])
    return "\n".join([head, *(lines if order is None else [lines[number] for number in order])]) + "\n"


def contract_of(contest: Contest) -> dict[str, Any]:
    types = {"f": "number", "i": "integer", "U": "string"}
    contract = makers.table_contract()
    contract["schema"]["fields"][1:] = [
        {"name": name, "type": types[column.dtype.kind], "constraints": contest.constraints.get(name, {})}
        for name, column in contest.perfect.items()
    ]
    return contract


def task(folder: Path, metric: str, contest: Contest) -> Published:
    spec = {"key": metric, "metric": metric, "params": dict(contest.params)}
    text = text_of(contest.truth, usage=True)
    return makers.published_table(folder, text, [spec], contract_of(contest), split=SPLIT)


def written(folder: Path, text: str) -> Path:
    path = folder / "p.csv"
    path.write_text(text)
    return path


def with_bad_cell(bad: str, contest: Contest, folder: Path) -> Path:
    """In the first column of the prediction."""
    head, rest = text_of(contest.perfect).split("\nr7,", 1)
    cells, _, below = rest.partition("\n")
    return written(folder, "\n".join([head, ",".join(["r7", bad, *cells.split(",")[1:]]), below]))


def without_a_row(contest: Contest, folder: Path) -> Path:
    return written(folder, text_of(contest.perfect).rsplit("\n", 2)[0] + "\n")


def twice(columns: Columns) -> dict[str, np.ndarray]:
    return {name: np.concatenate([column, column]) for name, column in columns.items()}


def doubled(metric: str, contest: Contest, folder: Path) -> tuple[Published, Path]:
    both = Contest(
        twice(contest.truth), twice(contest.perfect), twice(contest.guess), contest.params, contest.constraints
    )
    return task(folder, metric, both), written(folder, text_of(both.guess))


def case(metric: str, contest: Contest, variant: str = "") -> Case:
    is_text = next(iter(contest.perfect.values())).dtype.kind == "U"
    bad = ("", "a\x01b") if is_text else NOT_NUMBERS
    return Case(
        metric,
        "table",
        lambda folder: task(folder, metric, contest),
        lambda folder: written(folder, text_of(contest.perfect)),
        lambda folder: written(folder, text_of(contest.guess)),
        lambda folder: written(folder, text_of(contest.guess, rng(5).permutation(ROWS).tolist())),
        {
            **{repr(word): partial(with_bad_cell, word, contest) for word in bad},
            "a row left out": partial(without_a_row, contest),
        },
        partial(doubled, metric, contest) if contest.doubles else None,
        perfect_scores=contest.perfect_scores,
        variant=variant,
    )


# -- labels -----------------------------------------------------------------------------------------------------------


def labels() -> tuple[np.ndarray, np.ndarray]:
    truth = WORDS[rng().integers(0, 3, ROWS)]
    return truth, np.where(rng(1).random(ROWS) < 0.3, WORDS[rng(2).integers(0, 3, ROWS)], truth)


def label_case(metric: str, params: Mapping[str, Any], variant: str) -> Case:
    truth, guess = labels()
    enum = {"y": {"enum": WORDS.tolist()}} if METRICS[metric].needs_order else {}
    return case(metric, Contest({"y": truth}, {"y": truth}, {"y": guess}, params, enum), variant)


def label_cases() -> list[Case]:
    found = []
    for metric in METRICS.values():
        if metric.of_mask is None or "table" not in metric.kinds or "table" in metric.of_kind:
            continue
        has_positive, averages = metric.param("positive") is not None, metric.param("average")
        found.append(label_case(metric.name, {"positive": "land"} if has_positive else {}, ""))
        for average in averages.choices if averages else ():
            if average != "binary":
                found.append(label_case(metric.name, {"average": average}, average))
    return found


# -- order and probabilities ------------------------------------------------------------------------------------------


def binary() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether a row is positive, a perfect score of it, and one with ties that is right in a part."""
    positive = rng().random(ROWS) < 0.4
    noise = np.round(rng(1).normal(size=ROWS), 1)
    guess = np.clip(np.round(positive * 0.3 + 0.3 + noise * 0.2, 2), 0.0, 1.0)
    return positive, positive.astype(float), guess


def order_case(metric: str) -> Case:
    positive, perfect, guess = binary()
    truth = np.where(positive, "yes", "no")
    params = {"truth": "label", "positive": "yes"}
    return case(metric, Contest({"label": truth}, {"y": perfect}, {"y": guess}, params))


def probability_cases(metric: str) -> list[Case]:
    positive, perfect, guess = binary()
    one = Contest(
        {"y": positive.astype(int)}, {"y": perfect}, {"y": guess}, {"column": "y", "positive": 1}, {"y": UNIT}
    )
    truth = labels()[0]
    given = rng(3).random((ROWS, 3))
    sure = (truth[:, None] == WORDS).astype(float)
    columns = {f"p_{word}": index for index, word in enumerate(WORDS.tolist())}
    several = Contest(
        {"kind": truth},
        {name: sure[:, index] for name, index in columns.items()},
        {name: given[:, index] for name, index in columns.items()},
        {"columns": list(columns), "truth": "kind", "prefix": "p_"},
        dict.fromkeys(columns, UNIT),
    )
    return [case(metric, one, "one"), case(metric, several, "several")]


# -- numbers ----------------------------------------------------------------------------------------------------------


def seen() -> np.ndarray:
    return np.round(rng().normal(size=ROWS) * 10, 1)


def spread(columns: Sequence[str], width: float) -> dict[str, np.ndarray]:
    return {name: seen() + np.round(rng(index + 1).normal(size=ROWS) * width, 1) for index, name in enumerate(columns)}


def same(columns: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: seen() for name in columns}


def distribution(metric: str, names: Sequence[str], params: Mapping[str, Any], variant: str = "") -> Case:
    contest = Contest({"seen": seen()}, same(names), spread(names, 8.0), {"truth": "seen", **params})
    return case(metric, contest, variant)


def gaussian() -> Case:
    perfect = {"mu": seen(), "sigma": np.zeros(ROWS)}
    guess = {"mu": spread(["mu"], 5.0)["mu"], "sigma": np.abs(spread(["s"], 3.0)["s"])}
    params = {"truth": "seen", "mean": "mu", "sd": "sigma"}
    return case("crps_gaussian", Contest({"seen": seen()}, perfect, guess, params, {"sigma": {"minimum": 0}}))


def several_columns() -> list[Case]:
    truth = {"a": seen(), "b": spread(["b"], 3.0)["b"]}
    guess = {name: column + spread(["g"], 2.0)["g"] for name, column in truth.items()}
    plants = {"a": truth["a"], "plant": WORDS[rng(4).integers(0, 3, ROWS)]}
    weights = {"ice": 0.5, "land": 0.3, "water": 0.2}
    grouped = Contest(
        plants, {"a": plants["a"]}, {"a": guess["a"]}, {"column": "a", "groups": "plant", "weights": weights}
    )
    return [
        case("mcrmse", Contest(truth, truth, guess)),
        case("weighted_mae", Contest(truth, truth, guess, {"weights": {"a": 0.7, "b": 0.3}}), "columns"),
        case("weighted_mae", grouped, "groups"),
        case("spearman", Contest({"y": seen()}, {"y": seen()}, spread(["y"], 5.0))),
    ]


# -- lists ------------------------------------------------------------------------------------------------------------


def lists() -> list[Case]:
    items = np.array([f"i{number}" for number in range(9)])
    wanted = np.array([" ".join(rng(row).permutation(items)[: 1 + row % 4]) for row in range(ROWS)])
    given = np.array([" ".join(rng(row + 9999).choice(items, 5)) for row in range(ROWS)])
    contest = Contest({"items": wanted}, {"items": wanted}, {"items": given}, {"k": 3})
    return [case("map_at_k", contest), case("ndcg_at_k", contest)]


MAKERS: tuple[Callable[[], list[Case]], ...] = (label_cases, several_columns, lists)
CASES = [
    *(one for make in MAKERS for one in make()),
    order_case("roc_auc"),
    order_case("average_precision"),
    *probability_cases("log_loss"),
    *probability_cases("brier"),
    distribution("crps_ensemble", ["m1", "m2", "m3"], {}, "fair"),
    distribution("crps_ensemble", ["m1", "m2", "m3"], {"fair": False}, "plain"),
    distribution("interval_score", ["low", "high"], {"lower": "low", "upper": "high", "alpha": 0.1}),
    distribution("mean_pinball", ["q1", "q9"], {"columns": ["q1", "q9"], "quantiles": [0.1, 0.9]}),
    gaussian(),
]

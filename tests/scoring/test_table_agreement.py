"""Metrics of tables say what scikit-learn and scipy say, or a plain loop over the published formula; with ties."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn import metrics as sk

from tests.scoring import makers

ROWS = 700
RNG = np.random.default_rng(7)
POSITIVE = RNG.random(ROWS) < 0.3
TIED = np.round(RNG.normal(size=ROWS) + POSITIVE, 1)
OBSERVED = np.round(RNG.normal(size=ROWS) * 10, 1)
WORDS = np.array(["ice", "land", "water", "cloud"])[RNG.integers(0, 4, ROWS)]
GUESSED = np.where(RNG.random(ROWS) < 0.4, np.array(["ice", "land", "water", "cloud"])[RNG.integers(0, 4, ROWS)], WORDS)
Columns = Mapping[str, Any]


def text_of(columns: Columns) -> str:
    lists = [[str(value) for value in np.asarray(column).tolist()] for column in columns.values()]
    rows = [",".join([f"r{number}", *cells]) for number, cells in enumerate(zip(*lists, strict=True))]
    return "\n".join([",".join(["id", *columns]), *rows]) + "\n"


def fields(columns: Columns, **constraints: Any) -> list[dict[str, Any]]:
    names = {"f": "number", "i": "integer", "b": "integer"}
    return [
        {
            "name": name,
            "type": names.get(np.asarray(column).dtype.kind, "string"),
            **({"constraints": constraints[name]} if name in constraints else {}),
        }
        for name, column in columns.items()
    ]


def scored(
    folder: Path, truth: Columns, guess: Columns, metrics: Mapping[str, Any], **constraints: Any
) -> dict[str, float | None]:
    """The public score of each metric: {key: (name, parameters)}."""
    contract = makers.table_contract()
    contract["schema"]["fields"][1:] = fields(guess, **constraints)
    specs = [{"key": key, "metric": name, "params": params} for key, (name, params) in metrics.items()]
    task = makers.published_table(folder, text_of(truth), specs, contract)
    path = folder / "p.csv"
    path.write_text(text_of(guess))
    return {key: sides["public"] for key, sides in task.scores(path).items()}


# -- labels -----------------------------------------------------------------------------------------------------------


def test_labels_agree_with_scikit_learn(tmp_path: Path) -> None:
    averages = {
        f"{name}_{average}": (name, {"average": average, "zero_division": 0})
        for name in ("precision", "recall", "f1")
        for average in ("macro", "micro", "weighted")
    }
    ice = {"positive": "ice"}
    metrics = {
        **averages,
        "fbeta": ("fbeta", {"beta": 2, **ice}),
        "precision": ("precision", ice),
        "f1": ("f1", ice),
        "iou": ("iou", ice),
        "mean_iou": ("mean_iou", {}),
        "balanced": ("balanced_accuracy", {}),
        "mcc": ("matthews_corrcoef", {}),
        "kappa": ("cohen_kappa", {}),
        "accuracy": ("accuracy", {}),
    }
    score = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    expected = {
        **{
            f"{name}_{average}": function(WORDS, GUESSED, average=average)
            for name, function in score.items()
            for average in ("macro", "micro", "weighted")
        },
        "fbeta": sk.fbeta_score(WORDS == "ice", GUESSED == "ice", beta=2),
        "precision": sk.precision_score(WORDS == "ice", GUESSED == "ice"),
        "f1": sk.f1_score(WORDS == "ice", GUESSED == "ice"),
        "iou": sk.jaccard_score(WORDS == "ice", GUESSED == "ice"),
        "mean_iou": sk.jaccard_score(WORDS, GUESSED, average="macro"),
        "balanced": sk.balanced_accuracy_score(WORDS, GUESSED),
        "mcc": sk.matthews_corrcoef(WORDS, GUESSED),
        "kappa": sk.cohen_kappa_score(WORDS, GUESSED),
        "accuracy": sk.accuracy_score(WORDS, GUESSED),
    }
    assert scored(tmp_path, {"y": WORDS}, {"y": GUESSED}, metrics) == pytest.approx(expected, abs=1e-12)


def test_a_label_that_the_truth_does_not_have_is_wrong_as_in_scikit_learn(tmp_path: Path) -> None:
    guess = np.where(RNG.random(ROWS) < 0.1, "fog and much more", GUESSED)
    metrics = {
        "mcc": ("matthews_corrcoef", {}),
        "kappa": ("cohen_kappa", {}),
        "micro": ("precision", {"average": "micro"}),
        "weighted": ("f1", {"average": "weighted"}),
    }
    expected = {
        "mcc": sk.matthews_corrcoef(WORDS, guess),
        "kappa": sk.cohen_kappa_score(WORDS, guess),
        "micro": sk.precision_score(WORDS, guess, average="micro"),
        "weighted": sk.f1_score(WORDS, guess, average="weighted"),
    }
    assert scored(tmp_path, {"y": WORDS}, {"y": guess}, metrics) == pytest.approx(expected, abs=1e-12)


def test_quadratic_kappa_goes_by_the_order_of_the_enum(tmp_path: Path) -> None:
    order = ["water", "ice", "land", "cloud"]
    metrics = {"kappa": ("quadratic_weighted_kappa", {})}
    found = scored(tmp_path, {"y": WORDS}, {"y": GUESSED}, metrics, y={"enum": order})
    numbers = [[order.index(word) for word in words] for words in (WORDS.tolist(), GUESSED.tolist())]
    assert found["kappa"] == pytest.approx(sk.cohen_kappa_score(*numbers, weights="quadratic"), abs=1e-12)


def test_whole_numbers_are_labels_too(tmp_path: Path) -> None:
    truth, guess = POSITIVE.astype(int), (TIED > 0.5).astype(int)
    metrics = {"f1": ("f1", {}), "mcc": ("matthews_corrcoef", {})}
    expected = {"f1": sk.f1_score(truth, guess), "mcc": sk.matthews_corrcoef(truth, guess)}
    assert scored(tmp_path, {"y": truth}, {"y": guess}, metrics) == pytest.approx(expected, abs=1e-12)


# -- order ------------------------------------------------------------------------------------------------------------


def test_order_agrees_with_scikit_learn_and_scipy(tmp_path: Path) -> None:
    truth = {"label": np.where(POSITIVE, "yes", "no"), "y": OBSERVED}
    metrics = {
        "auc": ("roc_auc", {"truth": "label", "positive": "yes"}),
        "ap": ("average_precision", {"truth": "label", "positive": "yes"}),
        "spearman": ("spearman", {}),
    }
    expected = {
        "auc": sk.roc_auc_score(POSITIVE, TIED),
        "ap": sk.average_precision_score(POSITIVE, TIED),
        "spearman": stats.spearmanr(OBSERVED, TIED).statistic,
    }
    assert scored(tmp_path, truth, {"y": TIED}, metrics) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("RocAuc", sk.roc_auc_score),
        ("AveragePrecision", sk.average_precision_score),
        ("Spearman", lambda truth, guess: stats.spearmanr(truth, guess).statistic),
    ],
)
def test_the_values_without_each_block_are_exact(name: str, reference: Any) -> None:
    """What pseudo-values are made of: the very scores of the rows that are left."""
    from scoring.measures import ranking
    from scoring.table_score import blocks_of

    truth = OBSERVED if name == "Spearman" else POSITIVE.astype(float)
    params = {"column": "y", "truth": "t", "positive": "1", "zero_division": "0"}
    measure = getattr(ranking, name)(params, None)
    blocks = blocks_of(ROWS)
    found = measure.rows({"t": truth, "y": truth}, {"y": TIED}, blocks)
    count = len(blocks)
    without = (count * found.exact - found.sums[:, 0]) / (count - 1)
    expected = [reference(np.delete(truth, block), np.delete(TIED, block)) for block in blocks]
    assert count == 64
    assert without == pytest.approx(expected, abs=1e-11)
    assert found.sums[:, 1].tolist() == [1.0] * count


# -- probabilities ----------------------------------------------------------------------------------------------------


def probabilities() -> np.ndarray:
    raw = np.random.default_rng(8).gamma(0.5, size=(ROWS, 4))
    return raw / raw.sum(axis=1, keepdims=True)


UNIT = {"minimum": 0, "maximum": 1}


def test_probabilities_of_several_labels_agree_with_scikit_learn(tmp_path: Path) -> None:
    given, labels = probabilities(), sorted(set(WORDS))
    guess = {f"p_{label}": given[:, index] for index, label in enumerate(labels)}
    params = {"columns": list(guess), "truth": "kind", "prefix": "p_"}
    metrics = {"log": ("log_loss", params), "brier": ("brier", params)}
    found = scored(tmp_path, {"kind": WORDS}, guess, metrics, **dict.fromkeys(guess, UNIT))
    is_label = np.array(labels)[None, :] == WORDS[:, None]
    expected = {
        "log": sk.log_loss(WORDS, given, labels=labels),
        "brier": np.mean(((given - is_label) ** 2).sum(axis=1)),
    }
    assert found == pytest.approx(expected, abs=1e-9)


def test_probabilities_of_one_label_agree_with_scikit_learn(tmp_path: Path) -> None:
    given = 1 / (1 + np.exp(-TIED))
    params = {"column": "y", "positive": 1}
    metrics = {"log": ("log_loss", params), "brier": ("brier", params)}
    expected = {"log": sk.log_loss(POSITIVE, given), "brier": sk.brier_score_loss(POSITIVE, given)}
    found = scored(tmp_path, {"y": POSITIVE.astype(int)}, {"y": given}, metrics, y=UNIT)
    assert found == pytest.approx(expected, abs=1e-12)


# -- distributions ----------------------------------------------------------------------------------------------------


def members() -> dict[str, np.ndarray]:
    given = OBSERVED[:, None] + np.round(np.random.default_rng(9).normal(size=(ROWS, 5)) * 8, 1)
    return {f"m{number}": given[:, number] for number in range(5)}


@pytest.mark.parametrize("fair", [True, False])
def test_the_crps_of_an_ensemble_is_the_double_sum_of_its_formula(fair: bool, tmp_path: Path) -> None:
    guess = members()
    metrics = {"crps": ("crps_ensemble", {"truth": "seen", "fair": fair})}
    given = np.stack(list(guess.values()), axis=1)
    pairs = np.abs(given[:, :, None] - given[:, None, :]).sum(axis=(1, 2)) / (2 * 5 * (4 if fair else 5))
    expected = np.mean(np.abs(given - OBSERVED[:, None]).mean(axis=1) - pairs)
    assert scored(tmp_path, {"seen": OBSERVED}, guess, metrics)["crps"] == pytest.approx(expected, abs=1e-12)


def test_the_crps_of_a_normal_distribution_is_the_integral_of_its_definition(tmp_path: Path) -> None:
    cases = [(0.0, 0.0, 1.0), (1.5, -1.0, 0.5), (-3.0, 2.0, 2.5), (4.0, 1.0, 0.0)]
    truth, mean, sd = (np.array(column) for column in zip(*cases, strict=True))
    metrics = {"crps": ("crps_gaussian", {"truth": "seen", "mean": "mu", "sd": "sigma"})}
    found = scored(tmp_path, {"seen": truth}, {"mu": mean, "sigma": sd}, metrics, sigma={"minimum": 0})["crps"]

    def integral(seen: float, mu: float, sigma: float) -> float:
        below = integrate.quad(lambda x: stats.norm.cdf(x, mu, sigma) ** 2, min(seen, mu) - 40, seen, points=[mu])[0]
        above = integrate.quad(lambda x: stats.norm.sf(x, mu, sigma) ** 2, seen, max(seen, mu) + 40, points=[mu])[0]
        return float(below + above)

    expected = [integral(*case) for case in cases[:3]] + [3.0]
    assert found == pytest.approx(math.fsum(expected) / 4, abs=1e-9)


def test_intervals_and_quantiles_agree_with_their_formulas(tmp_path: Path) -> None:
    low, high = (
        OBSERVED - np.round(RNG.normal(size=ROWS) * 5 + 3, 1),
        OBSERVED + np.round(RNG.normal(size=ROWS) * 5 + 3, 1),
    )
    guess = {"low": low, "middle": (low + high) / 2, "high": high}
    quantiles = [0.05, 0.5, 0.95]
    metrics = {
        "interval": ("interval_score", {"truth": "seen", "lower": "low", "upper": "high", "alpha": 0.1}),
        "pinball": ("mean_pinball", {"truth": "seen", "columns": list(guess), "quantiles": quantiles}),
    }
    score = [
        (u - lo) + (2 / 0.1 * (lo - y) if y < lo else 0) + (2 / 0.1 * (y - u) if y > u else 0)
        for y, lo, u in zip(OBSERVED.tolist(), low.tolist(), high.tolist(), strict=True)
    ]
    pinball = [
        sk.mean_pinball_loss(OBSERVED, column, alpha=q) for q, column in zip(quantiles, guess.values(), strict=True)
    ]
    expected = {"interval": np.mean(score), "pinball": np.mean(pinball)}
    assert scored(tmp_path, {"seen": OBSERVED}, guess, metrics) == pytest.approx(expected, abs=1e-9)


# -- several columns, groups ------------------------------------------------------------------------------------------


def test_errors_over_columns_and_groups_agree_with_scikit_learn(tmp_path: Path) -> None:
    truth = {"a": OBSERVED, "b": TIED, "plant": WORDS}
    guess = {"a": OBSERVED + TIED, "b": TIED * 2}
    weights = {"ice": 0.4, "land": 0.3, "water": 0.2, "cloud": 0.1}
    metrics = {
        "mcrmse": ("mcrmse", {"columns": ["a", "b"]}),
        "columns": ("weighted_mae", {"weights": {"a": 0.7, "b": 0.3}}),
        "equal": ("weighted_mae", {}),
        "groups": ("weighted_mae", {"column": "a", "groups": "plant", "weights": weights}),
        "bias": ("bias", {"column": "a"}),
    }
    mae = {name: sk.mean_absolute_error(truth[name], guess[name]) for name in ("a", "b")}
    by_group = [
        weight * sk.mean_absolute_error(truth["a"][name == WORDS], guess["a"][name == WORDS])
        for name, weight in weights.items()
    ]
    expected = {
        "mcrmse": np.mean([sk.root_mean_squared_error(truth[name], guess[name]) for name in ("a", "b")]),
        "columns": 0.7 * mae["a"] + 0.3 * mae["b"],
        "equal": (mae["a"] + mae["b"]) / 2,
        "groups": sum(by_group),
        "bias": np.mean(TIED),
    }
    assert scored(tmp_path, truth, guess, metrics) == pytest.approx(expected, abs=1e-12)


# -- lists ------------------------------------------------------------------------------------------------------------


def mapk(wanted: list[str], given: list[str], k: int) -> float:
    """ml_metrics.apk, the reference of Kaggle."""
    score, hits = 0.0, 0.0
    for place, item in enumerate(given[:k]):
        if item in wanted and item not in given[:place]:
            hits += 1.0
            score += hits / (place + 1.0)
    return score / min(len(wanted), k)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_lists_agree_with_their_references(k: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    items = [f"i{number}" for number in range(8)]
    wanted = [rng.permutation(items)[: rng.integers(1, 6)].tolist() for _ in range(80)]
    given = [rng.choice(items, rng.integers(1, 9)).tolist() for _ in range(80)]
    gains = [rng.integers(0, 5, len(one)).tolist() for one in wanted]
    for one in gains:
        one[0] = 3
    # scikit-learn ranks all items by scores: the given ones first, each once, and no other item has a gain there.
    whole = [list(dict.fromkeys(one)) for one in given]
    ranks = np.array([[-one.index(item) if item in one else -99 for item in items] for one in whole], float)
    truths = np.array(
        [
            [dict(zip(one, gain, strict=True)).get(item, 0) for item in items]
            for one, gain in zip(wanted, gains, strict=True)
        ]
    )
    listed = np.array([[item in one for item in items] for one in whole])
    discounts = 1 / np.log2(np.arange(2, 2 + k))
    expected_ndcg = [
        _dcg(truth[np.argsort(-rank, kind="stable")] * listed_[np.argsort(-rank, kind="stable")], discounts)
        / _dcg(np.sort(truth)[::-1], discounts)
        for truth, rank, listed_ in zip(truths, ranks, listed, strict=True)
    ]
    truth = {"items": [" ".join(one) for one in wanted], "gains": [" ".join(map(str, one)) for one in gains]}
    once = {"items": [" ".join(one) for one in whole]}
    found = scored(tmp_path / "n", truth, once, {"ndcg": ("ndcg_at_k", {"k": k, "gains": "gains"})})
    assert found["ndcg"] == pytest.approx(np.mean(expected_ndcg), abs=1e-12)
    guess = {"items": [" ".join(one) for one in given]}
    found = scored(tmp_path / "m", truth, guess, {"map": ("map_at_k", {"k": k})})
    assert found["map"] == pytest.approx(
        np.mean([mapk(*pair, k) for pair in zip(wanted, given, strict=True)]), abs=1e-12
    )


def _dcg(gains: np.ndarray, discounts: np.ndarray) -> float:
    top = gains[: len(discounts)]
    return float((top * discounts[: len(top)]).sum())


def test_ndcg_of_whole_lists_agrees_with_scikit_learn(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    gains = rng.integers(0, 6, (60, 7)) + np.eye(60, 7, dtype=int)
    scores = rng.permuted(np.tile(np.arange(7.0), (60, 1)), axis=1)
    names = [f"d{number}" for number in range(7)]
    truth = {"items": [" ".join(names)] * 60, "gains": [" ".join(map(str, row)) for row in gains.tolist()]}
    guess = {"items": [" ".join(names[index] for index in np.argsort(-row)) for row in scores]}
    gains[gains.sum(axis=1) == 0] = 1
    for k in (2, 7):
        found = scored(tmp_path / str(k), truth, guess, {"n": ("ndcg_at_k", {"k": k, "gains": "gains"})})["n"]
        values = [sk.ndcg_score(gains[[row]], scores[[row]], k=k) for row in range(60)]
        assert found == pytest.approx(np.mean(values), abs=1e-12)

"""Small contests that are scored by a program of their organiser, as files."""

import textwrap
from pathlib import Path

from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest

BUILT_IN = "      - {key: rmse, title: RMSE, metric: rmse, params: {column: y}, precision: 3}\n"
MAE = "      - {key: mae, title: MAE, metric: mae, params: {column: y}}\n"
SOLUTION = "id,y,weight,Usage\na,1.5,1,Public\nb,-2,1,Private\nc,0.25,3,Public\nd,4,3,Private\n"

WEIGHTED = '''\
"""Mean and worst absolute error; rows count as often as their weight says."""


def score(truth, prediction, params):
    print("rows", len(truth), list(truth.columns))
    errors = (truth["y"] - prediction["y"]).abs() ** params.get("power", 1)
    return {"wmae": (errors * truth["weight"]).sum() / truth["weight"].sum(), "worst": errors.max()}
'''
KAGGLE = """\
import pandas as pd


class ParticipantVisibleError(Exception):
    pass


def score(solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str, floor: float) -> float:
    weights = solution.pop("weight")
    del solution[row_id_column_name], submission[row_id_column_name]
    if submission["y"].min() < floor:
        raise ParticipantVisibleError(f"Levels lie above {floor}; yours go down to {submission['y'].min()}")
    if submission["y"].max() > 99:
        raise RuntimeError("the answer to a is 1.5")
    return float(((solution["y"] - submission["y"]).abs() * weights).sum() / weights.sum())
"""


def program_yaml(convention: str = "tidemark", rest: str = "") -> str:
    """The text of competition.yaml with a program: two columns, or kaggle's one."""
    worst = "          - {key: worst, direction: lower, minimum: 0}\n" if convention == "tidemark" else ""
    metrics = "      - {key: wmae, title: {en: Weighted error, ja: 加重誤差}, metric: program, precision: 3}\n"
    metrics += "      - {key: worst, metric: program}\n" if worst else ""
    program = (
        f"    program:\n      file: metric.py\n      convention: {convention}\n      columns:\n"
        f"          - {{key: wmae, direction: lower, minimum: 0}}\n{worst}{rest}"
    )
    text = changed(changed(TABLE_YAML, BUILT_IN, metrics), MAE, f"{MAE}{program}")
    return changed(text, "primary: rmse", "primary: wmae")


def write_program_contest(folder: Path, text: str, source: str, **files: str) -> Path:
    texts = {"truth/solution.csv": SOLUTION, "metric.py": textwrap.dedent(source), **files}
    return write_contest(folder, text, **texts)

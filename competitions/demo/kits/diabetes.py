"""A first model for "Diabetes progression". Download train.csv and test.csv beside this script, then:

    python baseline.py            # a second; needs pandas and scikit-learn

It writes submission.csv (upload it) and, from rows that it keeps back, holdout.csv and prediction.csv, which
`python -m scoring job.json` scores the way the contest does.
"""

import sys
from pathlib import Path

import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

ID, ANSWER = "id", "progression"


def fit(rows: pd.DataFrame) -> Pipeline:
    """A ridge regression: ten features, three hundred patients and much noise call for something simple."""
    model = make_pipeline(StandardScaler(), RidgeCV(alphas=(0.1, 1.0, 10.0, 100.0)))
    return model.fit(rows.drop(columns=[ID, ANSWER]), rows[ANSWER])


def predict(model: Pipeline, rows: pd.DataFrame) -> pd.DataFrame:
    """The contest's table: the id of every row and the predicted progression."""
    inputs = rows.drop(columns=[ID, ANSWER], errors="ignore")
    return pd.DataFrame({ID: rows[ID], ANSWER: model.predict(inputs).round(3)})


def main(folder: Path) -> None:
    rows = pd.read_csv(folder / "train.csv")
    seen, kept_back = train_test_split(rows, test_size=0.25, random_state=0)
    kept_back[[ID, ANSWER]].to_csv(folder / "holdout.csv", index=False)
    predict(fit(seen), kept_back).to_csv(folder / "prediction.csv", index=False)
    # For the upload the model learns from all rows.
    predict(fit(rows), pd.read_csv(folder / "test.csv")).to_csv(folder / "submission.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)

"""What metrics written for Kaggle import as `kaggle_metric_utilities`, so that they run as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

NAME: Final = "kaggle_metric_utilities"
CLOSE_TO_ONE: Final = 1e-5


class ParticipantVisibleError(Exception):
    """Its message is shown to the contestant."""


class HostVisibleError(Exception):
    """Its message is for the organiser, as that of any other exception is."""


def safe_call_score(metric_function: Callable[..., Any], solution: Any, submission: Any, **options: Any) -> Any:
    """The metric's value. An exception of a library stays the program's own fault: its text may show the truth."""
    return metric_function(solution, submission, **options)


def verify_valid_probabilities(df: Any, df_name: str) -> None:
    """Columns of numbers from 0 to 1, each row of which sums to 1.

    Raises:
        ParticipantVisibleError: they are not.
    """
    for column in df.columns:
        if df[column].dtype.kind not in "iuf":
            raise ParticipantVisibleError(f"column {column} of {df_name} holds other things than numbers")
    if df.min().min() < 0 or df.max().max() > 1:
        raise ParticipantVisibleError(f"probabilities of {df_name} must be from 0 to 1")
    if ((df.sum(axis=1) - 1).abs() > CLOSE_TO_ONE).any():
        raise ParticipantVisibleError(f"probabilities of {df_name} must sum to 1 in each row")

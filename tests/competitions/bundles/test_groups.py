"""Rows that belong together: declared with the truth, told to the scorer, not asked of a contestant's own answers."""

from pathlib import Path

from competitions.bundles.loading import load
from competitions.services.starting_kits import example_job
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest

SPLIT = "split: {by: column, column: Usage}"


def test_declared_groups_reach_the_scorer_and_no_kit(tmp_path: Path) -> None:
    write_contest(tmp_path, changed(TABLE_YAML, SPLIT, f"groups: day\n      {SPLIT}"))
    (task,) = load(tmp_path).tasks

    assert task.truth_spec["groups"] == "day"
    assert "groups" not in example_job(task)["truth"]

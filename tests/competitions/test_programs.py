"""What a task says of programs, with its defaults."""

import pytest

from competitions.programs import CodeRules, ProgramLimits


def test_a_task_that_says_nothing_takes_every_kind_and_gives_ten_minutes() -> None:
    rules = CodeRules.of({"runtime": "python-geo"})
    assert (rules.runtime, rules.accepts) == ("python-geo", ("zip", "script", "notebook"))
    assert rules.limits == ProgramLimits()
    assert (rules.limits.wall_seconds, rules.limits.memory_mib) == (600, 2048)
    assert (rules.has_steps, rules.inputs_are_public, rules.timing_runs) == (False, False, 0)


def test_a_trial_has_a_minute_and_otherwise_the_limits_of_the_run() -> None:
    rules = CodeRules.of({"runtime": "r", "limits": {"memory_mib": 512}})
    assert (rules.trial_limits.wall_seconds, rules.trial_limits.cpu_seconds) == (60, 60)
    assert rules.trial_limits.memory_mib == 512


def test_a_trial_is_never_longer_than_the_run() -> None:
    rules = CodeRules.of({"runtime": "r", "limits": {"wall_seconds": 20, "cpu_seconds": 90}})
    assert (rules.trial_limits.wall_seconds, rules.trial_limits.cpu_seconds) == (20, 60)


def test_the_organiser_says_what_is_otherwise_in_a_trial() -> None:
    rules = CodeRules.of({"runtime": "r", "trial_limits": {"wall_seconds": 120, "log_kib": 8}})
    assert (rules.trial_limits.wall_seconds, rules.trial_limits.log_kib) == (120, 8)
    assert (rules.limits.wall_seconds, rules.limits.log_kib) == (600, 64)


def test_limits_survive_being_written_down() -> None:
    limits = ProgramLimits(wall_seconds=1.5, state_mib=3)
    assert ProgramLimits.of(limits.as_dict()) == limits
    assert ProgramLimits.of({"wall_seconds": 2, "of_another_version": 1}) == ProgramLimits(wall_seconds=2)


def test_steps_are_steps_however_they_are_cut() -> None:
    assert CodeRules.of({"runtime": "r", "steps": {"by": "folder"}}).has_steps


@pytest.mark.parametrize(
    ("name", "accepts", "is_accepted"),
    [
        ("main.py", ["script"], True),
        ("Model.ZIP", ["zip"], True),
        ("work.ipynb", ["notebook", "zip"], True),
        ("main.py", ["zip", "notebook"], False),
        ("archive.tar.gz", ["zip", "script", "notebook"], False),
        ("zip", ["zip"], False),
        (".py", ["script"], False),
        ("", ["script"], False),
    ],
)
def test_a_file_s_ending_says_whether_it_is_a_program_of_the_task(
    name: str, accepts: list[str], is_accepted: bool
) -> None:
    assert CodeRules.of({"runtime": "r", "accepts": accepts}).accepts_name(name) is is_accepted


def test_the_endings_are_told_in_the_order_of_the_kinds() -> None:
    assert CodeRules.of({"runtime": "r", "accepts": ["notebook", "script"]}).endings == (".ipynb", ".py")

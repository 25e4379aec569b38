"""Every outcome of a box has its sentence, with the limits of the contest in it."""

import pytest
from django.utils import translation

from competitions.outcome_texts import outcome_text
from competitions.programs import ProgramLimits
from sandbox import Outcome

LIMITS = ProgramLimits(wall_seconds=90.5, cpu_seconds=45, memory_mib=1234, output_files=7, output_mib=56, log_kib=8)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_one_sentence_without_gaps(outcome, language, compiled_catalogue):
    with translation.override(language):
        text = outcome_text(outcome, LIMITS)
    assert text.endswith("." if language == "en" else "。")
    assert "%" not in text


@pytest.mark.parametrize(
    ("outcome", "numbers"),
    [
        (Outcome.TIME, ["90.5", "45"]),
        (Outcome.MEMORY, ["1234"]),
        (Outcome.OUTPUT, ["7", "56", "8"]),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_limit_that_was_passed_is_named(outcome, numbers, language, compiled_catalogue):
    with translation.override(language):
        text = outcome_text(outcome, LIMITS)
    assert all(number in text for number in numbers)


def test_before_the_end_nothing_is_said():
    assert outcome_text("", LIMITS) == ""

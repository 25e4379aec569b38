"""What competition.yaml says of phases that only promoted teams enter."""

from pathlib import Path

import pytest

from competitions.bundles.loading import read_bundle
from competitions.models import PromotionRule
from competitions.services.descriptions import CannotImport
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest

AFTER = "    max_submissions_per_day: 3\n"
TASKS = TABLE_YAML[TABLE_YAML.index("  - key: levels\n") : TABLE_YAML.index("leaderboards:\n")]
FINAL = """\
  - key: final
    name: {en: Final, ja: 決勝}
    start: 2031-01-10T00:00:00
    end: 2031-02-10T00:00:00
    tasks: [later]
    divisions: [general]
    promotes: {from: main, first: 20}
"""
MORE_TASKS = ("leaderboards:\n", TASKS.replace("key: levels", "key: later") + "leaderboards:\n")
ADDED = (AFTER, AFTER + FINAL)


def test_the_phase_is_for_the_first_of_the_earlier_one(importing):
    importing(ADDED, MORE_TASKS)
    rule = PromotionRule.objects.get()
    assert (rule.phase.key, rule.source.key, rule.first) == ("final", "main", 20)
    assert (rule.division.key, rule.task.key) == ("general", "levels")
    assert importing(ADDED, MORE_TASKS).changes == ()


def test_a_board_may_be_named_and_the_number_left_to_organisers(importing):
    by = FINAL.replace(", first: 20", ", by: {division: general, task: levels}")
    importing((AFTER, AFTER + by), MORE_TASKS)
    assert PromotionRule.objects.get().first is None


def test_a_rule_that_was_confirmed_stays(importing, now):
    importing(ADDED, MORE_TASKS)
    PromotionRule.objects.update(confirmed_at=now)
    with pytest.raises(CannotImport, match="how can no longer change"):
        importing((AFTER, AFTER + FINAL.replace("20", "30")), MORE_TASKS)


def test_a_rule_may_be_taken_back_before(importing):
    importing(ADDED, MORE_TASKS)
    importing((AFTER, AFTER + FINAL.replace("    promotes: {from: main, first: 20}\n", "")), MORE_TASKS)
    assert not PromotionRule.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("from: main", "from: mian", "promotes.from: phase 'mian' is not defined; did you mean 'main'?"),
        ("from: main", "from: final", "promotes.from: a phase cannot promote into itself; name an earlier one"),
        ("first: 20", "first: 0", "promotes.first: 0 is too small"),
        (
            "first: 20",
            "by: {division: student}",
            "promotes.by.division: 'student' is not one of the divisions of phase 'main'",
        ),
        ("tasks: [later]", "tasks: [levels]", "tasks: task 'levels' is in both phases"),
        ("2031-01-10", "2030-01-10", "start: this phase starts before 'main' ends"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, expected: str):
    text = changed(changed(TABLE_YAML, *MORE_TASKS), AFTER, AFTER + changed(FINAL, old, new))
    told = [str(one) for one in read_bundle(write_contest(tmp_path, text)).problems]
    first = text[: text.index(FINAL.splitlines()[0])].count("\n") + 1
    found = [one for one in told if f"phases[1].{expected}" in one]
    assert found, told
    line = int(found[0].split(":")[1].split()[0])
    assert first <= line <= first + 7

"""What competition.yaml says of prizes and of the audit of winners: read, refused at its line, and written back."""

from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from competitions.bundles.describing_awards import awards_document, winner_audit_document
from competitions.bundles.loading import load, read_bundle
from competitions.models import Award, Competition, WinnerAudit
from competitions.services.competitions import import_competition
from competitions.services.descriptions import CannotImport
from competitions.status import RejectedPlace
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, normalise_table, write_contest
from tests.launching import publish_untried, unlaunch

AWARDS = """\
awards:
  - key: first
    title: {en: First prize, ja: 最優秀賞}
    board: {task: levels, division: general}
    places: 1
    amount: {en: "JPY 1,000,000", ja: 100万円}
    sponsor: {en: Harbour office, ja: 港湾局}
  - {key: fair, title: {en: Honourable mentions, ja: 入賞}, places: 3, reserves: 4}
winner_audit:
  hand_in: [code, seeds, steps]
  days: 10
  answer_days: 5
  tolerance: {absolute: 0.001, relative: 0.01, score: 0.1}
  runtime: python-geo
  inputs: [train.csv]
  limits: {wall_seconds: 60}
  rejected: remove
"""


@pytest.fixture
def put(db: None, tmp_path: Path, store):
    operator = makers.make_user("operator", is_staff=True)

    def put(rules: str = AWARDS, text: str = TABLE_YAML) -> Competition:
        description = load(write_contest(tmp_path, text + rules))
        options = {"actor": operator, "now": timezone.now(), "store": store, "normalise_truth": normalise_table}
        return publish_untried(import_competition(description, **options))

    return put


def test_the_contest_has_the_prizes_and_the_rules_of_the_file(put):
    competition = put()
    first, fair = competition.awards.all()
    assert (first.key, first.places, first.reserves, first.amount["ja"]) == ("first", 1, 2, "100万円")
    assert (fair.places, fair.reserves, fair.phase.key, fair.division.key) == (3, 4, "main", "general")
    rules = competition.winner_audit.rules
    assert rules.required == ("code", "seeds", "steps")
    assert (rules.days, rules.answer_days, rules.inputs) == (10, 5, ("train.csv",))
    assert rules.cell_tolerance == {"absolute": 0.001, "relative": 0.01}
    assert (rules.score_tolerance, rules.rejected) == (0.1, RejectedPlace.REMOVE)
    assert rules.program_limits.wall_seconds == 60


def test_what_is_written_back_reads_as_the_same(put):
    competition = put()
    document = {"awards": awards_document(competition), "winner_audit": winner_audit_document(competition)}
    again = put(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    assert again.pk == competition.pk
    assert again.audit_events.count() == 1, "nothing changed, so nothing was noted"
    assert awards_document(again) == document["awards"]
    assert winner_audit_document(again) == document["winner_audit"]


def test_a_file_without_prizes_has_none(put):
    competition = put("")
    assert awards_document(competition) == []
    assert winner_audit_document(competition) is None
    assert not WinnerAudit.objects.exists()


def test_a_prize_that_is_left_out_goes(put):
    unlaunch(put())
    put("awards: [{key: fair, title: {en: Mentions, ja: 入賞}}]\n")
    assert list(Award.objects.values_list("key", flat=True)) == ["fair"]
    assert not WinnerAudit.objects.exists()


def test_once_the_audit_has_begun_prizes_and_rules_stay(put):
    competition = put()
    WinnerAudit.objects.filter(competition=competition).update(opened_at=timezone.now())
    put()  # the same again
    for other in (changed(AWARDS, "places: 1", "places: 2"), changed(AWARDS, "days: 10", "days: 3"), ""):
        with pytest.raises(CannotImport, match="audit of the winners has begun"):
            put(other)


# -- mistakes, at their lines -----------------------------------------------------------------------------------------


def problems(tmp_path: Path, rules: str) -> list[str]:
    found = read_bundle(write_contest(tmp_path, TABLE_YAML + rules)).problems
    return [f"{one.line} {one.where}: {one.message}" for one in found]


LINE = TABLE_YAML.count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("task: levels", "task: level", 3, "phase 'main' has no task 'level'; did you mean 'levels'?"),
        ("division: general", "division: student", 3, "phase 'main' has no division 'student'; choose from 'general'"),
        ("{key: fair", "{key: first", 7, "the key 'first' is taken"),
        ("[train.csv]", "[trian.csv]", 14, "has no file 'trian.csv'; did you mean 'train.csv'?"),
        ("score: 0.1", "iou: 0.9", 12, "'iou' is for masks, and no task has any"),
        ("[code, seeds, steps]", "[code, seed]", 9, "did you mean 'seeds'?"),
        ("rejected: remove", "rejected: shoot", 16, "keep_rank"),
        ("places: 1\n", "places: 0\n", 4, "1"),
    ],
)
def test_a_mistake_is_named_at_its_line(tmp_path, old, new, line, expected):
    (problem,) = problems(tmp_path, changed(AWARDS, old, new))
    assert problem.startswith(f"{LINE + line} "), problem
    assert expected in problem


def test_an_audit_needs_prizes_and_an_end(tmp_path):
    audit_only = AWARDS[AWARDS.index("winner_audit") :]
    (problem,) = problems(tmp_path, audit_only)
    assert "there is no prize to audit; list 'awards'" in problem
    text = changed(TABLE_YAML, "    end: 2030-12-31T23:59:59\n", "") + AWARDS
    (problem,) = (str(one) for one in read_bundle(write_contest(tmp_path, text)).problems)
    assert "phase 'main' has no 'end'" in problem


def test_a_phase_with_two_divisions_must_be_told_which(tmp_path):
    text = changed(TABLE_YAML, "divisions: [general]", "divisions: [general, student]") + AWARDS
    (problem,) = (one.message for one in read_bundle(write_contest(tmp_path, text)).problems)
    assert problem.startswith("phase 'main' has several divisions; say 'board: {division: ...}' with one of 'general'")


# -- prizes of juries -------------------------------------------------------------------------------------------------

JURIED = """\
  - key: ideas
    title: {en: Ideas, ja: アイデア}
    judging:
      deadline: 2030-12-31T17:00:00
      documents: {kinds: [pdf]}
      rubric: [{key: insight, title: {en: Insight, ja: 洞察}, weight: 1}]
      jurors_per_entry: 2
      total: {jury: 1}
"""
OF_JURY = "awards: [{key: idea, title: {en: Best idea, ja: アイデア賞}, jury: ideas}]\n"


STUDENTS = "  - {key: student, title: {en: Students, ja: 学生}}\n"
WITH_JURY = changed(TABLE_YAML, STUDENTS, STUDENTS + JURIED)


def test_a_prize_may_go_by_a_jurys_total_and_is_written_back_so(put):
    competition = put(OF_JURY, WITH_JURY)
    (award,) = competition.awards.all()
    assert (award.is_juried, award.phase, award.task, award.division.key) == (True, None, None, "ideas")
    (written,) = awards_document(competition)
    assert written["jury"] == "ideas"
    assert "board" not in written


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("jury: ideas", "jury: idea", "there is no juried division 'idea'; did you mean 'ideas'?"),
        ("jury: ideas", "jury: general", "there is no juried division 'general'"),
        ("jury: ideas", "jury: ideas, board: {task: levels}", "by a 'board' or by a 'jury', not by both"),
    ],
)
def test_a_jury_that_a_prize_cannot_go_by_is_named(tmp_path, old, new, expected):
    (problem,) = read_bundle(write_contest(tmp_path, WITH_JURY + changed(OF_JURY, old, new))).problems
    assert problem.where == "awards[0].jury"
    assert expected in problem.message

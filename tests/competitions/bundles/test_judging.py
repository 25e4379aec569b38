"""Juried divisions in competition.yaml: into the contest, back to the file, and every mistake at its line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from competitions.bundles.describing_judging import judging_section
from competitions.bundles.loading import load, read_bundle
from competitions.judging import DocumentKind, JudgingRules, ScoreScale, SheetScale, Split, Video
from competitions.models import Competition, Division, Sheet
from competitions.services import jury_assignments
from competitions.services.competitions import import_competition
from competitions.services.descriptions import CannotImport
from competitions.store import Store
from tests import makers
from tests.competitions import jury
from tests.competitions.bundles.contests import TABLE_YAML, changed, normalise_table, write_contest
from tests.launching import publish_untried

STUDENTS = "  - {key: student, title: {en: Students, ja: 学生}}\n"
IDEAS = """\
  - key: ideas
    title: {en: Ideas, ja: アイデア部門}
    judging:
      start: 2026-02-01T00:00:00
      deadline: 2026-05-31T17:00:00
      documents: {kinds: [pdf, html, notebook], max_files: 2, max_file_mib: 5, video: optional}
      rubric:
        - key: insight
          title: {en: Insight, ja: 着眼点}
          weight: 2
          scale: {from: 1, to: 5}
          anchors:
            - {mark: 1, means: {en: nothing new, ja: 新しさがない}}
            - {mark: 5, means: {en: a new view, ja: 新しい見方}}
        - {key: form, title: {en: Form, ja: 表現}, weight: 1}
      jurors_per_entry: 2
      blind: true
      total: {score: 0.4, jury: 0.6, task: levels, phase: main, split: public, score_scale: rank, sheets: plain}
      shortlist: 10
"""
SHORT = """\
  - key: ideas
    title: Ideas
    judging:
      deadline: 2026-05-31T17:00:00
      documents: {kinds: [pdf]}
      rubric: [{key: insight, title: Insight, weight: 1}]
      total: {jury: 1}
"""


def text(division: str = IDEAS) -> str:
    return changed(TABLE_YAML, STUDENTS, STUDENTS + division)


@pytest.fixture
def put(db: None, tmp_path: Path, store: Store):
    operator = makers.make_user("operator", is_staff=True)

    def put(content: str) -> Competition:
        description = load(write_contest(tmp_path, content))
        options = {"actor": operator, "now": timezone.now(), "store": store, "normalise_truth": normalise_table}
        return publish_untried(import_competition(description, **options))

    return put


def rules_of(competition: Competition) -> JudgingRules:
    return Division.objects.get(competition=competition, key="ideas").rules


def test_the_division_has_what_the_file_says(put):
    rules = rules_of(put(text()))
    assert (rules.opens_at, rules.due_at) == (
        datetime(2026, 1, 31, 15, tzinfo=UTC),
        datetime(2026, 5, 31, 8, tzinfo=UTC),
    )
    assert rules.entry.kinds == (DocumentKind.PDF, DocumentKind.HTML, DocumentKind.NOTEBOOK)
    assert (rules.entry.max_files, rules.entry.max_file_bytes, rules.entry.video) == (
        2,
        5 * 1024 * 1024,
        Video.OPTIONAL,
    )
    assert [(one.key, one.weight, list(one.marks)) for one in rules.rubric] == [
        ("insight", 2.0, [1, 2, 3, 4, 5]),
        ("form", 1.0, [1, 2, 3, 4, 5]),
    ]
    assert rules.rubric[0].anchors[5] == {"en": "a new view", "ja": "新しい見方"}
    assert (rules.total.score_weight, rules.total.jury_weight, rules.shortlist) == (0.4, 0.6, 10)
    assert (rules.total.split, rules.total.score_scale, rules.total.sheets) == (
        Split.PUBLIC,
        ScoreScale.RANK,
        SheetScale.PLAIN,
    )


def test_a_short_description_has_the_usual_rules(put):
    rules = rules_of(put(text(SHORT)))
    assert (rules.jurors_per_entry, rules.is_blind, rules.shortlist) == (3, True, 0)
    assert (rules.entry.min_files, rules.entry.max_files, rules.entry.versions_per_day) == (1, 1, 10)
    assert (rules.total.task, rules.total.sheets) == ("", SheetScale.NORMALISED)


@pytest.mark.parametrize("division", [IDEAS, SHORT])
def test_what_is_written_back_is_the_same_division(put, division):
    competition = put(text(division))
    before = rules_of(competition)
    section = judging_section(before, competition.zone)
    written = {"key": "ideas", "title": {"en": "Ideas", "ja": "アイデア部門"}, "judging": section}
    block = yaml.safe_dump([written], allow_unicode=True, sort_keys=False)
    again = "".join(f"  {line}\n" for line in block.splitlines())
    assert rules_of(put(text(again))) == before


def test_predictions_are_ranked_in_the_divisions_without_a_jury(tmp_path):
    content = changed(text(), "    divisions: [general]\n", "")
    assert load(write_contest(tmp_path, content)).phases[0].divisions == ("general", "student")


MISTAKES = [
    ("deadline: 2026-05-31T17:00:00", "deadline: 2026-01-31T17:00:00", "the deadline should be later"),
    ("deadline: 2026-05-31T17:00:00", "deadline: tomorrow", "does not fit"),
    ("kinds: [pdf, html, notebook]", "kinds: [pdf, doc]", "'doc' is unknown"),
    ("kinds: [pdf, html, notebook]", "kinds: [pdf, pdf]", "'pdf' is listed twice"),
    ("max_files: 2", "min_files: 3, max_files: 2", "at least 3 files are asked for and 2 are taken"),
    ("key: form", "key: insight", "the key 'insight' is taken"),
    ("weight: 2", "weight: 0", "a criterion of weight 0 decides nothing"),
    ("to: 5", "to: 1", "the end should be larger"),
    ("to: 5", "to: 50", "at most 11 can be told apart"),
    ("mark: 5", "mark: 6", "6 is not on the scale from 1 to 5"),
    ("mark: 5", "mark: 1", "mark 1 has a meaning already"),
    ("task: levels", "task: level", "task 'level' is not defined; did you mean 'levels'?"),
    ("phase: main", "phase: final", "phase 'final' has no task 'levels'"),
    ("jury: 0.6", "jury: 0", "a jury of weight 0 decides nothing"),
    ("score: 0.4, jury: 0.6, task: levels, phase: main,", "score: 0.4, jury: 0.6,", "the score of which task?"),
    ("blind: true", "blind: perhaps", "should be true or false"),
    ("jurors_per_entry: 2", "jurors: 2", "unknown key 'jurors'"),
]


@pytest.mark.parametrize(("good", "bad", "message"), MISTAKES)
def test_a_mistake_is_told_at_its_line(tmp_path, good, bad, message):
    content = text(changed(IDEAS, good, bad))
    problems = read_bundle(write_contest(tmp_path, content)).problems
    found = [problem for problem in problems if message in problem.message]
    assert found, [str(one) for one in problems]
    first, last = (
        number for number, line in enumerate(content.splitlines(), 1) if "key: ideas" in line or "phases:" in line
    )
    assert first < found[0].line < last


def test_a_division_in_which_nothing_can_be_handed_in_is_a_mistake(tmp_path):
    content = text(changed(SHORT, "kinds: [pdf]", "kinds: []"))
    problems = read_bundle(write_contest(tmp_path, content)).problems
    assert [one.message for one in problems] == ["nothing can be handed in; take files, or say 'video: required'"]


# -- a change while the division is under way -------------------------------------------------------------------------


def handed_in(competition: Competition) -> Sheet:
    """One entry whose sheet has marks."""
    division = Division.objects.get(competition=competition, key="ideas")
    jury.hand_in(makers.make_team(competition, "contestant"), division, now=division.rules.due_at)
    (juror,) = jury.make_jurors(competition, 1)
    jury.declare(division, [juror])
    sheet = jury_assignments.assign(division.entries.get(), juror=juror, actor=juror, now=timezone.now())
    sheet.marks, sheet.version = {"insight": 3}, 1
    sheet.save()
    return sheet


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("weight: 1", "weight: 2", "jurors have begun to mark by this rubric"),
        ("2026-05-31T17", "2026-06-30T17", "jurors have begun; the deadline must stay"),
        ("key: ideas", "key: others", "division 'ideas' has entries; it must stay"),
    ],
)
def test_what_jurors_have_begun_with_stays(put, good, bad, message):
    handed_in(put(text(SHORT)))
    with pytest.raises(CannotImport, match=message):
        put(text(changed(SHORT, good, bad)))


def test_a_division_with_entries_stays_a_juried_one(put):
    handed_in(put(text(SHORT)))
    with pytest.raises(CannotImport, match="it must stay a juried one"):
        put(text("  - {key: ideas, title: Ideas}\n"))

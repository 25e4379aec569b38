"""What competition.yaml asks of whoever joins: in the contest as it says, and refused where it cannot be answered."""

from pathlib import Path

import pytest
from django.utils import timezone

from competitions.bundles.loading import load, read_bundle
from competitions.models import Competition
from competitions.participation import QuestionKind, questions_of
from competitions.services.competitions import import_competition
from competitions.services.descriptions import CannotImport
from competitions.services.registrations import Entry, join
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, normalise_table, write_contest
from tests.launching import publish_untried, unlaunch

pytestmark = pytest.mark.django_db
PART = """\
registration_auto_approve: false
data_terms: {version: "1", file: rules.md}
participation:
  questions:
    - {key: resident, label: {en: "Do you live in Japan?", ja: 日本にお住まいですか}, kind: yes_no, eligible: true}
    - key: status
      label: {en: You are, ja: 身分}
      kind: choice
      choices: [{key: student, label: {en: student, ja: 学生}}, {key: other, label: {en: other, ja: その他}}]
      eligible: [student]
    - {key: employer, label: {en: Employer, ja: 勤務先}, kind: text, personal: true, optional: true}
  consents:
    - {key: sponsors, label: {en: Sponsors may read my name., ja: 協賛企業への氏名の提供に同意します。}}
"""


def text(part: str = PART) -> str:
    return changed(TABLE_YAML, "tags: [tides]\n", part)


@pytest.fixture
def put(tmp_path: Path, store: Store):
    operator = makers.make_user("operator", is_staff=True)

    def put(content: str) -> Competition:
        description = load(write_contest(tmp_path, content))
        options = {"actor": operator, "now": timezone.now(), "store": store, "normalise_truth": normalise_table}
        return publish_untried(import_competition(description, **options))

    return put


def test_the_contest_asks_what_the_file_says(put):
    contest = put(text())
    resident, status, employer = questions_of(contest.questions)
    assert (resident.kind, resident.eligible) == (QuestionKind.YES_NO, True)
    assert (status.eligible, [option.label["ja"] for option in status.options]) == (("student",), ["学生", "その他"])
    assert (employer.is_personal, employer.is_optional, employer.eligible) == (True, True, None)
    assert [one["key"] for one in contest.consents] == ["sponsors"]
    assert (contest.needs_approval, contest.data_terms.get().version) == (True, "1")
    assert contest.memberships.get().since is not None


def test_importing_the_same_again_changes_nothing(put):
    contest = put(text())
    before = contest.audit_events.count()
    put(text())
    assert contest.audit_events.count() == before


def test_a_file_that_says_nothing_asks_nothing(put):
    contest = put(TABLE_YAML)
    assert (contest.questions, contest.consents, contest.needs_approval) == ([], [], False)
    assert not contest.data_terms.exists()


def test_what_people_were_asked_stays_asked_and_what_they_accepted_stays_there(put):
    contest = put(text())
    answers = {"resident": True, "status": "student"}
    entry = Entry(answers=answers, data_terms=contest.data_terms.last())
    user, terms = makers.make_user("visitor"), contest.terms.last()
    join(user=user, competition=contest, team_name="V", terms=terms, entry=entry, now=timezone.now())
    with pytest.raises(CannotImport, match="1 people take part and were asked otherwise"):
        put(text().replace("eligible: true", "eligible: false"))
    with pytest.raises(CannotImport, match="was accepted; data terms can be replaced by a new version"):
        put(text().replace('data_terms: {version: "1", file: rules.md}\n', ""))
    unlaunch(contest)
    put(text().replace('data_terms: {version: "1"', 'data_terms: {version: "2"'))
    assert contest.data_terms.count() == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: yes_no, eligible: true", "kind: yes_no, eligible: [yes]", "should be true (yes) or false (no)"),
        ("eligible: [student]", "eligible: [pupil]", "choice 'pupil' is not defined"),
        ("eligible: [student]", "eligible: true", "should be a list of keys of 'choices'"),
        ("personal: true, optional", "eligible: true, optional", "cannot be left empty"),
        (
            "kind: text, personal: true",
            "kind: text, choices: [{key: a, label: A}, {key: b, label: B}]",
            "only the kind",
        ),
        ("{key: other, label: {en: other", "{key: student, label: {en: other", "the key 'student' is taken"),
        ("key: employer", "key: resident", "the key 'resident' is taken (line 12)"),
        ('data_terms: {version: "1", file: rules.md}', 'data_terms: {version: "1", file: gone.md}', "gone.md"),
        ("kind: text", "kind: essay", "'essay' is unknown"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, old, new, expected):
    problems = read_bundle(write_contest(tmp_path, changed(text(), old, new))).problems
    assert any(expected in problem.message and problem.line > 7 for problem in problems), problems

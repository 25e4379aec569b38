"""A jury at work: who judges what, conflicts, sheets that two windows cannot overwrite, signing, and one result."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.judging import ScoreScale, SheetScale, Split
from competitions.models import (
    AuditEvent,
    Board,
    Entry,
    JuryDeclaration,
    JuryRelease,
    JuryResult,
    Membership,
    Notice,
    OutboxItem,
    Phase,
    Sheet,
)
from competitions.permissions import can_judge
from competitions.queries.jury import is_all_locked, score_board, sees_marks, shortlisted
from competitions.services import jury_assignments, jury_results, sheets
from competitions.services.jury_refusals import JuryRefused
from competitions.services.sheets import Marking, sheet_digest
from competitions.status import BoardKind, MailKind
from tests import makers
from tests.competitions import jury

pytestmark = pytest.mark.django_db


def refusal(act, *args, **fields) -> JuryRefused:
    with pytest.raises(JuryRefused) as refused:
        act(*args, **fields)
    return refused.value


@pytest.fixture
def teams(competition):
    return [makers.make_team(competition, f"entrant-{number}") for number in range(1, 4)]


@pytest.fixture
def jurors(competition):
    return jury.make_jurors(competition, 3)


def judged_division(competition, teams, **rules):
    """Every team has handed in, one minute after the other, and the deadline has passed."""
    now = timezone.now()
    division = jury.make_division(competition, now=now, **rules)
    for minutes, team in enumerate(teams):
        jury.hand_in(team, division, now=now + timedelta(minutes=minutes), title=f"Idea {minutes}")
    jury.close(division)
    return division


@pytest.fixture
def division(competition, teams):
    return judged_division(competition, teams)


@pytest.fixture
def assigned(division, jurors, organiser, now):
    jury.declare(division, jurors)
    jury_assignments.assign_evenly(division, actor=organiser, now=now)
    return division


def entry_of(team) -> Entry:
    return Entry.objects.get(team=team)


def sheet_of(team, juror) -> Sheet:
    return Sheet.objects.get(entry__team=team, juror=juror)


# -- assignment and conflicts -----------------------------------------------------------------------------------------


def test_the_chair_assigns_evenly_and_doing_so_twice_changes_nothing(division, jurors, organiser, now):
    plan = jury_assignments.assign_evenly(division, actor=organiser, now=now)
    assert len(plan.pairs) == 6
    assert [Sheet.objects.filter(juror=one).count() for one in jurors] == [2, 2, 2]
    assert jury_assignments.assign_evenly(division, actor=organiser, now=now).pairs == ()
    (event,) = AuditEvent.objects.filter(verb="jury assigned")
    assert event.detail["seed"] == "tide-table/ideas"
    assert len(event.detail["assigned"]) == 6


def test_nothing_is_assigned_before_the_deadline_and_its_grace_have_passed(competition, teams, organiser, now):
    division = jury.make_division(competition, now=now)
    due_at = division.rules.due_at
    at_the_end = due_at + timedelta(minutes=10)
    assert refusal(jury_assignments.assign_evenly, division, actor=organiser, now=at_the_end).code == "too_early"
    later = at_the_end + timedelta(seconds=1)
    assert jury_assignments.assign_evenly(division, actor=organiser, now=later).pairs == ()


def test_a_total_goes_by_the_divisions_own_board_where_there_is_one(competition):
    first = Board.objects.filter(phase__competition=competition, kind=BoardKind.PRIVATE).get()
    division = jury.make_division(competition, task=first.task.key)
    assert score_board(division, division.rules) == first
    own = Board.objects.get(pk=first.pk)
    own.pk, own.division = None, division
    own.save(force_insert=True)
    assert score_board(division, division.rules) == own


def test_a_conflict_takes_the_entry_away_and_it_does_not_come_back(division, teams, jurors, organiser, now):
    juror, entry = jurors[0], entry_of(teams[0])
    jury_assignments.assign(entry, juror=juror, actor=organiser, now=now)
    jury_assignments.declare(division, juror=juror, conflicts={entry.pk: "my student"}, now=now)
    assert not Sheet.objects.filter(juror=juror).exists()
    assert refusal(jury_assignments.assign, entry, juror=juror, actor=organiser, now=now).code == "conflict"
    jury_assignments.assign_evenly(division, actor=organiser, now=now)
    assert not Sheet.objects.filter(juror=juror, entry=entry).exists()
    assert JuryDeclaration.objects.get(juror=juror, entry=entry).reason == "my student"
    assert AuditEvent.objects.filter(verb="conflict of interest").count() == 1


def test_what_was_declared_once_is_not_declared_away(division, teams, jurors, now):
    entry = entry_of(teams[0])
    jury_assignments.declare(division, juror=jurors[0], conflicts={entry.pk: ""}, now=now)
    assert jury_assignments.declare(division, juror=jurors[0], conflicts={}, now=now) == 0
    assert JuryDeclaration.objects.get(juror=jurors[0], entry=entry).has_conflict


def test_a_juror_who_recognises_an_entry_later_loses_it(assigned, teams, jurors, now):
    sheet = Sheet.objects.filter(juror=jurors[0]).first()
    jury.fill(sheet, 5, 5)
    jury_assignments.declare_conflict(sheet.entry, juror=jurors[0], reason="their style", now=now)
    assert not Sheet.objects.filter(pk=sheet.pk).exists()
    event = AuditEvent.objects.get(verb="conflict of interest")
    assert event.before == {"marks": {"insight": 5, "form": 5}}
    with pytest.raises(JuryRefused):
        sheets.save(sheet, Marking({}), juror=jurors[0], version=1, now=now)


def test_only_jurors_of_the_contest_judge(division, teams, visitor, organiser, now):
    entry = entry_of(teams[0])
    assert refusal(jury_assignments.assign, entry, juror=visitor, actor=organiser, now=now).code == "not_a_juror"
    assert refusal(jury_assignments.declare, division, juror=visitor, conflicts={}, now=now).code == "not_a_juror"


def test_a_juror_whose_role_is_taken_away_judges_no_more(assigned, jurors, now):
    sheet = Sheet.objects.filter(juror=jurors[0]).first()
    Membership.objects.filter(user=jurors[0]).delete()
    assert not can_judge(jurors[0], sheet)
    assert refusal(sheets.save, sheet, Marking({}), juror=jurors[0], version=0, now=now).code == "not_yours"


def test_taking_a_sheet_away_leaves_its_marks_in_the_log(assigned, jurors, organiser, now):
    sheet = jury.fill(Sheet.objects.filter(juror=jurors[0]).first(), 1, 2)
    jury_assignments.unassign(sheet, actor=organiser, now=now)
    jury_assignments.unassign(sheet, actor=organiser, now=now)
    assert AuditEvent.objects.get(verb="juror unassigned").before == {"marks": {"insight": 1, "form": 2}}


# -- the shortlist ----------------------------------------------------------------------------------------------------


def test_only_the_best_by_score_are_judged_once_the_scores_are_final(competition, teams, jurors, organiser, now):
    division = judged_division(competition, teams, task="levels", shortlist=2)
    for team, error in zip(teams, (3.0, 1.0, 2.0), strict=True):
        makers.make_scored(team, 9.0, error, content=b"%f" % error)
    assert refusal(jury_assignments.assign_evenly, division, actor=organiser, now=now).code == "scores_not_final"
    Phase.objects.update(ends_at=now - timedelta(hours=1))
    assert [one.team for one in shortlisted(division, division.rules)] == [teams[1], teams[2]]
    jury_assignments.assign_evenly(division, actor=organiser, now=now)
    assert not Sheet.objects.filter(entry__team=teams[0]).exists()
    left_out = entry_of(teams[0])
    refused = refusal(jury_assignments.assign, left_out, juror=jurors[0], actor=organiser, now=now)
    assert refused.code == "not_shortlisted"


# -- sheets -----------------------------------------------------------------------------------------------------------


def test_a_sheet_that_is_open_twice_is_not_overwritten(assigned, jurors, now):
    sheet = Sheet.objects.filter(juror=jurors[0]).first()
    saved = sheets.save(sheet, Marking({"insight": 4}, "good", "mine"), juror=jurors[0], version=0, now=now)
    assert (saved.version, saved.marks, saved.saved_at) == (1, {"insight": 4}, now)
    refused = refusal(sheets.save, sheet, Marking({"insight": 1}), juror=jurors[0], version=0, now=now)
    assert refused.code == "conflict_of_versions"
    sheet.refresh_from_db()
    assert (sheet.marks, sheet.comment, sheet.notes) == ({"insight": 4}, "good", "mine")


@pytest.mark.parametrize("marks", [{"insight": 0}, {"insight": 6}, {"insight": True}, {"insight": "4"}, {"beauty": 3}])
def test_a_mark_is_on_the_scale_of_its_criterion(assigned, jurors, now, marks):
    sheet = Sheet.objects.filter(juror=jurors[0]).first()
    assert refusal(sheets.save, sheet, Marking(marks), juror=jurors[0], version=0, now=now).code == "invalid_mark"


def test_nobody_fills_in_the_sheet_of_another(assigned, jurors, now):
    sheet = Sheet.objects.filter(juror=jurors[0]).first()
    assert refusal(sheets.save, sheet, Marking({}), juror=jurors[1], version=0, now=now).code == "not_yours"


def test_before_the_declaration_a_sheet_stays_shut(division, teams, jurors, organiser, now):
    sheet = jury_assignments.assign(entry_of(teams[0]), juror=jurors[0], actor=organiser, now=now)
    assert not can_judge(jurors[0], sheet)
    jury.declare(division, jurors)
    assert can_judge(jurors[0], sheet)


def test_signing_needs_every_mark_and_a_name_and_locks(assigned, jurors, now):
    juror = jurors[0]
    first, second = Sheet.objects.filter(juror=juror)
    jury.fill(first, 5, 4)
    sheets.save(second, Marking({"form": 1}), juror=juror, version=0, now=now)
    refused = refusal(sheets.sign, assigned, juror=juror, name="J. Juror", now=now)
    assert refused.code == "incomplete"
    assert second.entry.label in str(refused)
    second.refresh_from_db()
    jury.fill(second, 1, 1)
    assert refusal(sheets.sign, assigned, juror=juror, name="  ", now=now).code == "name_missing"
    signed = sheets.sign(assigned, juror=juror, name=" J.  Juror ", now=now)
    assert {one.signed_name for one in signed} == {"J. Juror"}
    assert sheets.sign(assigned, juror=juror, name="J. Juror", now=now) == []
    first.refresh_from_db()
    assert refusal(sheets.save, first, Marking({}), juror=juror, version=first.version, now=now).code == "locked"
    assert refusal(jury_assignments.declare_conflict, first.entry, juror=juror, reason="", now=now).code == "locked"


def test_what_was_signed_is_proved_by_the_log(assigned, jurors, now):
    for sheet in Sheet.objects.filter(juror=jurors[0]):
        jury.fill(sheet, 3, 3, comment="Fine.", notes="secret")
    signed = sheets.sign(assigned, juror=jurors[0], name="J. Juror", now=now)
    events = AuditEvent.objects.filter(verb="sheet signed")
    assert {event.after["digest"] for event in events} == {one.digest for one in signed}
    one = Sheet.objects.get(pk=signed[0].pk)
    assert sheet_digest(one) == one.digest
    one.notes = "other notes are nobody's business"
    assert sheet_digest(one) == one.digest
    one.marks = {"insight": 5, "form": 3}
    assert sheet_digest(one) != one.digest
    assert "secret" not in str([(event.detail, event.before, event.after) for event in AuditEvent.objects.all()])


def test_only_the_chair_opens_a_signed_sheet_and_says_why(assigned, jurors, organiser, now):
    for sheet in Sheet.objects.filter(juror=jurors[0]):
        jury.fill(sheet, 3, 3)
    signed = sheets.sign(assigned, juror=jurors[0], name="J. Juror", now=now)[0]
    assert refusal(jury_assignments.unassign, signed, actor=organiser, now=now).code == "locked"
    assert refusal(sheets.reopen, signed, actor=organiser, reason=" ", now=now).code == "reason_missing"
    sheets.reopen(signed, actor=organiser, reason="read the wrong file", now=now)
    event = AuditEvent.objects.get(verb="sheet reopened")
    assert (event.reason, event.before["digest"]) == ("read the wrong file", signed.digest)
    signed.refresh_from_db()
    assert jury.fill(signed, 4, 4).marks == {"insight": 4, "form": 4}
    assert not is_all_locked(assigned)


# -- the result -------------------------------------------------------------------------------------------------------


def mark_all(division, jurors, marks):
    """`marks` gives insight and form of each team, for every juror alike."""
    for juror in jurors:
        for sheet in Sheet.objects.filter(entry__division=division, juror=juror).select_related("entry__team"):
            jury.fill(sheet, *marks[sheet.entry.team.name], comment=f"To {sheet.entry.label}")
        sheets.sign(division, juror=juror, name="J. Juror", now=timezone.now())


MARKS = {"entrant-1 team": (3, 3), "entrant-2 team": (5, 5), "entrant-3 team": (3, 3)}


def test_the_published_result_has_every_term_and_ties_go_to_the_earlier(assigned, jurors, organiser, now):
    mark_all(assigned, jurors, MARKS)
    jury_results.publish(assigned, actor=organiser, has_comments=True, now=now)
    found = [(one.rank, one.entry.team.name, one.total) for one in JuryResult.objects.select_related("entry__team")]
    assert found == [(1, "entrant-2 team", 1.0), (2, "entrant-1 team", 0.5), (3, "entrant-3 team", 0.5)]
    event = AuditEvent.objects.get(verb="jury result published")
    assert [row[0] for row in event.after] == [1, 2, 3]
    assert Notice.objects.filter(kind=MailKind.RESULTS).count() == 3


def test_the_result_is_published_once_and_nothing_is_changed_afterwards(assigned, jurors, organiser, now):
    mark_all(assigned, jurors, MARKS)
    release = jury_results.publish(assigned, actor=organiser, has_comments=False, now=now)
    assert jury_results.publish(assigned, actor=organiser, has_comments=True, now=now) == release
    assert not JuryRelease.objects.get().has_comments
    sheet = Sheet.objects.first()
    assert refusal(sheets.reopen, sheet, actor=organiser, reason="x", now=now).code == "published"
    assert refusal(jury_assignments.assign_evenly, assigned, actor=organiser, now=now).code == "published"


def test_a_sheet_that_is_not_signed_holds_the_result_back(assigned, jurors, organiser, now):
    mark_all(assigned, jurors[:2], MARKS)
    refused = refusal(jury_results.publish, assigned, actor=organiser, has_comments=False, now=now)
    assert "2 sheets are not signed yet." in str(refused)
    assert not JuryRelease.objects.exists()


def test_an_entry_that_nobody_judges_holds_the_result_back(division, teams, jurors, organiser, now):
    jury.declare(division, jurors)
    jury_assignments.assign(entry_of(teams[0]), juror=jurors[0], actor=organiser, now=now)
    mark_all(division, jurors[:1], MARKS)
    refused = refusal(jury_results.publish, division, actor=organiser, has_comments=False, now=now)
    assert entry_of(teams[1]).label in str(refused)


def test_score_and_jury_together_once_the_private_board_is_open(competition, teams, jurors, organiser, now):
    rules = {"score_weight": 0.4, "jury_weight": 0.6, "task": "levels", "split": Split.PRIVATE}
    division = judged_division(competition, teams, score_scale=ScoreScale.MIN_MAX, **rules)
    for team, error in zip(teams, (1.0, 5.0, 3.0), strict=True):
        makers.make_scored(team, 9.0, error, content=b"%f" % error)
    jury.declare(division, jurors)
    jury_assignments.assign_evenly(division, actor=organiser, now=now)
    mark_all(division, jurors, MARKS)
    standing = jury_results.hindrances(division, now=now)
    assert "The private board is not released yet, and the result would tell its scores." in standing
    Phase.objects.update(ends_at=now - timedelta(hours=1))
    Board.objects.filter(kind=BoardKind.PRIVATE).update(released_at=now)
    jury_results.publish(division, actor=organiser, has_comments=False, now=now)
    found = {one.entry.team.name: one for one in JuryResult.objects.select_related("entry__team")}
    # rmse, lower is better: 1 -> 1, 5 -> 0, 3 -> 0.5; jury 0.5, 1, 0.5
    assert {name: one.total for name, one in found.items()} == {
        "entrant-1 team": pytest.approx(0.4 * 1 + 0.6 * 0.5),
        "entrant-2 team": pytest.approx(0.4 * 0 + 0.6 * 1),
        "entrant-3 team": pytest.approx(0.4 * 0.5 + 0.6 * 0.5),
    }
    assert found["entrant-1 team"].rank == 1
    assert found["entrant-1 team"].raw_score == 1.0


def test_normalised_sheets_are_used_where_the_rules_say_so(competition, teams, jurors, organiser, now):
    division = judged_division(competition, teams, sheets=SheetScale.NORMALISED, jurors_per_entry=3)
    jury.declare(division, jurors)
    jury_assignments.assign_evenly(division, actor=organiser, now=now)
    mark_all(division, jurors[:2], MARKS)
    alike = dict.fromkeys(MARKS, (2, 2))  # the third marks all alike: z is 0
    mark_all(division, jurors[2:], alike)
    jury_results.publish(division, actor=organiser, has_comments=False, now=now)
    values = [0.5, 1.0, 0.5] * 2 + [0.25] * 3
    mean = sum(values) / 9
    sd = (sum((one - mean) ** 2 for one in values) / 9) ** 0.5
    z_best = (1 - 2 / 3) / (sum((one - 2 / 3) ** 2 for one in (0.5, 1, 0.5)) / 3) ** 0.5
    first = JuryResult.objects.get(rank=1)
    assert first.jury_part == pytest.approx((2 * (mean + sd * z_best) + mean) / 3)


# -- what jurors know of each other, and reminders --------------------------------------------------------------------


def test_nobody_who_judges_sees_marks_until_all_is_locked(assigned, jurors, organiser):
    Membership.objects.create(competition=assigned.competition, user=organiser, role="juror")
    assert sees_marks(organiser, assigned)  # does not judge this division
    assert not sees_marks(jurors[0], assigned)
    mark_all(assigned, jurors, MARKS)
    assert sees_marks(jurors[0], assigned)


def test_jurors_are_reminded_once_a_day_of_what_is_not_signed(assigned, jurors, organiser, now):
    mark_all(assigned, jurors[:1], MARKS)
    for _ in range(2):
        assert jury_results.remind(assigned, actor=organiser, now=now) == 2
    mails = OutboxItem.objects.filter(kind=MailKind.JURY)
    assert {one.recipient for one in mails} == set(jurors[1:])
    assert [one.content["open"] for one in mails] == [2, 2]
    jury_results.remind(assigned, actor=organiser, now=now + timedelta(days=1))
    assert OutboxItem.objects.filter(kind=MailKind.JURY).count() == 4

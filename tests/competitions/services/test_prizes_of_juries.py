"""Prizes that go by a jury's total: who is asked, what is run again, and that all opens at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.awards import Standing
from competitions.models import Award, Board, JuryRelease, Notice, Sheet, WinnerEntry
from competitions.queries.awards import awarded_places
from competitions.queries.winners import outlooks, unjudged_divisions
from competitions.services import hand_ins, jury_assignments, jury_results, reruns, sheets, winners
from competitions.services.hand_ins import HandInRefused
from competitions.services.winners import AuditRefused
from competitions.status import MailKind, WinnerVerdict
from tests.competitions import jury
from tests.competitions.winner_stage import end_contest, entry_of, hand_in, make_audit, make_award, make_ranked, opened

pytestmark = pytest.mark.django_db
CONFIRMED, REJECTED = WinnerVerdict.CONFIRMED, WinnerVerdict.REJECTED
MARKS = {"ada": 1, "bob": 3, "cleo": 5}  # the jury's order is not the board's: there the first is best


@pytest.fixture
def teams(competition):
    return make_ranked(competition, *MARKS)


@pytest.fixture
def record(competition):
    return make_audit(competition)


def judged(competition, teams, organiser, *, is_signed=True, **rules):
    """A juried division in which all teams handed in and two jurors marked everything."""
    division = jury.make_division(competition, **rules)
    for minutes, team in enumerate(teams):
        jury.hand_in(team, division, now=timezone.now() + timedelta(minutes=minutes))
    jury.close(division)
    jurors = jury.make_jurors(competition, 2)
    jury.declare(division, jurors)
    jury_assignments.assign_evenly(division, actor=organiser, now=timezone.now())
    for sheet in Sheet.objects.filter(entry__division=division).select_related("entry__team"):
        jury.fill(sheet, MARKS[sheet.entry.team.name.split()[0]], 3)
    if is_signed:
        sign(division, jurors)
    return division


def sign(division, jurors):
    for juror in jurors:
        sheets.sign(division, juror=juror, name="J. Uror", now=timezone.now())


def prize(division, key="idea", **fields) -> Award:
    title = {"en": "Prize of ideas", "ja": "アイデア賞"}
    return Award.objects.create(competition=division.competition, key=key, title=title, division=division, **fields)


def decide(team, verdict, organiser, **fields):
    return winners.decide(entry_of(team), verdict, actor=organiser, now=timezone.now(), **fields)


def told(team):
    found = Notice.objects.filter(user=team.members.get().user, kind=MailKind.RESULTS).order_by("pk")
    return [one.content["title"]["en"] for one in found]


def names(competition):
    return [(row.team.name, row.contender.standing) for row in outlooks(competition)[0].rows]


# -- a jury alone -----------------------------------------------------------------------------------------------------


def test_nobody_is_a_candidate_before_every_sheet_is_signed(competition, teams, record, organiser, now):
    division = judged(competition, teams, organiser, is_signed=False)
    prize(division)
    assert names(competition) == []
    assert unjudged_divisions(competition, now=now) == [division]
    with pytest.raises(AuditRefused, match="not signed all its sheets: Ideas"):
        opened(record, organiser)


def test_the_jurys_first_is_asked_and_has_nothing_to_hand_in(competition, teams, record, organiser):
    division = judged(competition, teams, organiser)
    prize(division, reserves=1)
    opened(record, organiser)
    assert names(competition) == [("cleo team", Standing.CANDIDATE), ("bob team", Standing.RESERVE)]
    (entry,) = WinnerEntry.objects.all()
    assert (entry.team, entry.submission, entry.jury_entry.division) == (teams[2], None, division)
    assert [told(team) for team in teams] == [[], [], ["You may win a prize of the jury"]]
    with pytest.raises(HandInRefused):
        hand_in(entry)


def test_a_jurys_winner_is_confirmed_without_a_program_and_all_opens_at_once(competition, teams, record, organiser):
    division = judged(competition, teams, organiser)
    prize(division)
    opened(record, organiser)
    with pytest.raises(AuditRefused, match="Not all prizes are decided"):
        winners.publish(record, actor=organiser, now=timezone.now())
    decide(teams[2], CONFIRMED, organiser)
    assert told(teams[2])[-1] == "Your entry was confirmed"
    assert awarded_places(competition) is None
    assert not JuryRelease.objects.exists()
    published = winners.publish(record, actor=organiser, now=timezone.now(), has_comments=True)
    (line,) = published.awarded
    assert (line["award"], line["place"], line["team"], line["submission"]) == ("idea", 1, teams[2].pk, None)
    release = JuryRelease.objects.get(division=division)
    assert release.has_comments
    assert [one.entry.team.name for one in release.results.all()] == ["cleo team", "bob team", "ada team"]
    assert awarded_places(competition)["idea"][0].team == "cleo team"


def test_a_sheet_that_is_opened_again_holds_the_publishing_up(competition, teams, record, organiser):
    division = judged(competition, teams, organiser)
    prize(division)
    opened(record, organiser)
    decide(teams[2], CONFIRMED, organiser)
    sheet = Sheet.objects.filter(entry__team=teams[2]).first()
    sheets.reopen(sheet, actor=organiser, reason="A mark was missed.", now=timezone.now())
    assert names(competition) == []
    with pytest.raises(AuditRefused, match="not signed all its sheets"):
        winners.publish(record, actor=organiser, now=timezone.now())
    sign(division, [sheet.juror])
    assert winners.publish(record, actor=organiser, now=timezone.now()).awarded[0]["name"] == "cleo team"


def test_when_the_jurys_first_is_rejected_the_next_moves_up(competition, teams, record, organiser):
    prize(judged(competition, teams, organiser))
    opened(record, organiser)
    decide(teams[2], REJECTED, organiser, reason="Copied.")
    assert told(teams[2])[-1] == "Your entry was rejected"
    assert told(teams[1]) == ["You may win a prize of the jury"]
    winners.decline(entry_of(teams[1]), Award.objects.get(), user=teams[1].members.get().user, now=timezone.now())
    assert told(teams[0]) == ["You may win a prize of the jury"]
    decide(teams[0], CONFIRMED, organiser)
    assert winners.publish(record, actor=organiser, now=timezone.now()).awarded[0]["name"] == "ada team"


def test_a_jury_that_nobody_handed_anything_to_keeps_no_prize_open(competition, record, organiser):
    make_ranked(competition, "ada")
    division = jury.make_division(competition)
    prize(division)
    with pytest.raises(AuditRefused, match="not signed"):  # entries may still come
        opened(record, organiser)
    jury.close(division)
    opened(record, organiser)
    assert winners.publish(record, actor=organiser, now=timezone.now()).awarded == []
    assert awarded_places(competition)["idea"][0].team is None


def test_a_result_that_was_published_before_is_what_the_prize_goes_by(competition, teams, record, organiser, now):
    division = judged(competition, teams, organiser)
    prize(division)
    jury_results.publish(division, actor=organiser, has_comments=False, now=timezone.now())
    opened(record, organiser)
    assert names(competition)[0] == ("cleo team", Standing.CANDIDATE)
    decide(teams[2], CONFIRMED, organiser)
    winners.publish(record, actor=organiser, now=timezone.now(), has_comments=True)
    assert not JuryRelease.objects.get().has_comments


def test_without_an_audit_the_published_result_decides(competition, teams, organiser):
    division = judged(competition, teams, organiser)
    prize(division, places=2)
    assert awarded_places(competition) is None
    jury_results.publish(division, actor=organiser, has_comments=False, now=timezone.now())
    assert [one.team for one in awarded_places(competition)["idea"]] == ["cleo team", "bob team"]


# -- a total that a score is part of ----------------------------------------------------------------------------------


@pytest.fixture
def report(competition, teams, organiser):
    """Score and report count alike; the score is private until the end."""
    task = competition.tasks.get()
    division = judged(
        competition, teams, organiser, task=task.key, score_weight=0.25, jury_weight=0.75, is_signed=False
    )
    end_contest(competition)
    sign(division, [sheet.juror for sheet in Sheet.objects.filter(entry__team=teams[0])])
    return division


def test_what_a_total_was_scored_with_is_handed_in_and_run_again(competition, teams, record, organiser, report):
    """One hand-in serves the prize of the board and that of the jury."""
    prize(report, reserves=0)
    make_award(competition, "scores", reserves=0, position=1)
    opened(record, organiser)
    assert [one.with_what.submission is not None for one in outlooks(competition)[0].rows] == [True]
    best_report, best_score = entry_of(teams[2]), entry_of(teams[0])
    assert best_report.jury_entry is None
    assert best_report.submission.team == teams[2]
    with pytest.raises(AuditRefused, match="handed nothing in"):
        decide(teams[2], CONFIRMED, organiser)
    for entry in (best_report, best_score):
        hand_in(entry)
        decide(entry.team, CONFIRMED, organiser)
    decided = {one.award.key: one.rows[0].team.name for one in outlooks(competition)}
    assert decided == {"idea": "cleo team", "scores": "ada team"}
    winners.publish(record, actor=organiser, now=timezone.now())
    results = JuryRelease.objects.get().results.all()
    assert [one.raw_score for one in results] != [None, None, None]


def test_no_jury_tells_a_private_score_before_the_audit_is_published(competition, teams, record, organiser, report):
    prize(report)
    opened(record, organiser)
    with pytest.raises(jury_results.JuryRefused, match="private board is not released"):
        jury_results.publish(report, actor=organiser, has_comments=False, now=timezone.now())
    assert awarded_places(competition) is None


def test_an_entry_of_a_jury_has_nothing_to_run(competition, teams, record, organiser):
    prize(judged(competition, teams, organiser))
    opened(record, organiser)
    with pytest.raises(ValueError, match="no entry with a submission"):
        reruns.submission_of(entry_of(teams[2]))
    assert hand_ins.newest_hand_in(entry_of(teams[2])) is None


def test_boards_of_rejected_entries_of_a_jury_stay_as_they_are(competition, teams, organiser):
    record = make_audit(competition, rejected="remove")
    prize(judged(competition, teams, organiser), reserves=0)
    opened(record, organiser)
    decide(teams[2], REJECTED, organiser, reason="Copied.")
    decide(teams[1], CONFIRMED, organiser)
    winners.publish(record, actor=organiser, now=timezone.now())
    final = Board.objects.filter(phase__competition=competition, kind="final").get()
    assert {one.team for one in final.standings.all()} == set(teams)

"""After the launch one person proposes a change, its effect is known, and a second one puts it into force."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail as outgoing

from competitions.bundles import changing
from competitions.bundles.loading import load, read_bundle
from competitions.change_rules import ChangeStatus
from competitions.models import (
    Announcement,
    AuditEvent,
    Board,
    ChangeRequest,
    Competition,
    Evaluation,
    FirstDownload,
    Notice,
    OutboxItem,
    ScoringVersion,
    Task,
    User,
)
from competitions.queries.changes import change_log, rescored
from competitions.queries.evaluations import current_evaluation, queue_position
from competitions.services import change_requests, evaluations, scoring_versions
from competitions.services.change_requests import CannotChange, NotYours, StaleChange
from competitions.services.descriptions import CannotImport
from competitions.status import BoardKind, EvaluationStatus, MailKind, Role
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.conftest import Importer
from tests.competitions.bundles.contests import TABLE_YAML, changed, normalise_table, write_contest

CORRECTED = {"truth/solution.csv": "id,y,Usage\na,1.5,Public\nb,-2,Private\nc,0.75,Public\nd,4,Private\n"}
LATER = ("end: 2030-12-31T23:59:59", "end: 2031-01-31T23:59:59")
Proposing = Callable[..., ChangeRequest]


@pytest.fixture
def contest(importing: Importer) -> Competition:
    return importing(publish=True).competition


@pytest.fixture
def second(contest: Competition) -> User:
    return makers.make_member(contest, "second", Role.REVIEWER)


@pytest.fixture
def drafting(tmp_path: Path, contest: Competition, owner: User, store: Store, now: datetime) -> Proposing:
    def run(*changes: tuple[str, str], files: dict[str, str] | None = None, actor: User = owner, at: datetime = now):
        text = TABLE_YAML
        for old, new in changes:
            text = changed(text, old, new)
        folder = write_contest(tmp_path / "proposal", text, **(files or {}))
        return changing.draft_change(
            folder,
            load(folder),
            actor=actor,
            reason={"en": "A sensor was read wrongly.", "ja": "観測値に誤りがありました。"},
            now=at,
            store=store,
            normalise_truth=normalise_table,
        )

    return run


def score_all(values: dict[str, float], now: datetime) -> list[str]:
    """Score what is queued; a team's value by its name. Returns the teams in the order in which they were served."""
    served = []
    while claim := evaluations.claim_next(worker="test", now=now):
        team = Evaluation.objects.get(pk=claim.pk).submission.team.name
        evaluations.record(claim, makers.make_result(values[team], values[team]), now=now)
        served.append(team)
    return served


def names(kind: BoardKind = BoardKind.PUBLIC) -> list[str]:
    return list(Board.objects.get(kind=kind).standings.values_list("team__name", flat=True))


@pytest.fixture
def scored(contest: Competition) -> None:
    for place, name in enumerate(("first", "middle", "last"), start=1):
        makers.make_scored(makers.make_team(contest, name), public=float(place), private=float(place))


NEW = {"first team": 9.0, "middle team": 2.0, "last team": 3.0}


def test_a_phase_says_how_many_at_once_and_whether_late_ones_are_taken(importing: Importer) -> None:
    quota = "max_submissions_per_day: 3"
    phase = importing((quota, f"{quota}\n    max_concurrent: 2\n    late_submissions: true")).competition.phases.get()
    assert (phase.max_concurrent, phase.late_submissions) == (2, True)
    importing()
    phase.refresh_from_db()
    assert (phase.max_concurrent, phase.late_submissions) == (0, False)


def test_nothing_is_late_in_a_phase_without_an_end(tmp_path: Path) -> None:
    text = changed(TABLE_YAML, "    end: 2030-12-31T23:59:59\n", "    late_submissions: true\n")
    (problem,) = read_bundle(write_contest(tmp_path / "endless", text)).problems
    assert (problem.where, "give it an 'end'" in problem.message) == ("phases[0].late_submissions", True)


# -- no way around it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "files", "told"),
    [
        ((), CORRECTED, "task levels: version"),
        ((("metric: mae,", "metric: rmse,"),), {}, "task levels: metrics"),
        ((("split: {by: column, column: Usage}", "split: {by: column, column: id}"),), {}, "task levels: split"),
        ((LATER,), {}, "phase main: ends_at"),
        ((("max_submissions_per_day: 3", "max_submissions_per_day: 9"),), {}, "phase main: max_submissions_per_day"),
        ((('version: "1"\n    licence', 'version: "2"\n    licence'),), {}, "data 2: added or removed"),
        ((('version: "1"\n  file', 'version: "2"\n  file'),), {"rules.md": "Be fairer."}, "terms 2: added or removed"),
        ((("default: best_public", "default: last"),), {}, "contest contest: final_rule"),
    ],
    ids=["truth", "metric", "split", "deadline", "quota", "data", "rules", "final"],
)
def test_an_import_changes_nothing_that_decides_a_launched_contest(
    changes: tuple, files: dict, told: str, contest: Competition, importing: Importer
) -> None:
    versions = ScoringVersion.objects.count()

    with pytest.raises(CannotImport, match="--propose") as refused:
        importing(*changes, files=files)

    assert told in str(refused.value)
    assert ScoringVersion.objects.count() == versions


def test_hiding_a_launched_contest_first_is_no_way_around_it(contest: Competition, importing: Importer) -> None:
    importing(publish=False)
    with pytest.raises(CannotImport, match="--propose"):
        importing(LATER)


def test_titles_and_pages_need_nobody(contest: Competition, importing: Importer) -> None:
    assert importing(("title: {en: Tide levels, ja: 潮位}", "title: {en: Tides, ja: 潮位}")).changes
    assert importing(files={"pages/overview.en.md": "# New"}).changes


def test_before_the_launch_everything_changes_directly(importing: Importer) -> None:
    importing()
    assert "phase main: ends_at changed" in importing(LATER).changes


def test_what_needs_nobody_is_not_proposed(drafting: Proposing) -> None:
    with pytest.raises(CannotChange, match="directly"):
        drafting(("title: {en: Tide levels, ja: 潮位}", "title: {en: Tides, ja: 潮位}"))


# -- the effect -------------------------------------------------------------------------------------------------------


def test_a_corrected_truth_is_scored_beside_the_live_one_and_shows_nothing(
    scored: None, drafting: Proposing, now: datetime
) -> None:
    change = drafting(files=CORRECTED)

    assert change.kinds == ["truth"]
    assert (change.effect, change_requests.unscored(change)) == (None, 3)
    score_all(NEW, now)
    assert names() == ["first team", "middle team", "last team"]
    assert scoring_versions.go_live_due(now=now) == 0
    assert Task.objects.get().current_version.number == 1
    assert {current_evaluation(one.submission).scoring_version.number for one in Evaluation.objects.all()} == {1}
    assert not Notice.objects.exists()

    assert changing.work_off(now=now) == 1
    change.refresh_from_db()
    public, private = change.effect["boards"]
    assert (public["kind"], public["ranked"], public["changed"], public["first_changes"]) == ("public", 3, 3, True)
    assert (private["kind"], private["changed"]) == ("private", 3)
    assert change.effect["submissions"] == 3
    assert names() == ["first team", "middle team", "last team"]


def test_live_submissions_come_before_what_a_proposal_has_scored(
    contest: Competition, scored: None, drafting: Proposing, now: datetime
) -> None:
    drafting(files=CORRECTED)
    late = makers.make_submission(makers.make_team(contest, "newcomer"))

    assert queue_position(current_evaluation(late)) == 1
    assert score_all({**NEW, "newcomer team": 1.0}, now)[0] == "newcomer team"


def test_a_proposal_waits_for_its_effect(scored: None, drafting: Proposing, owner: User, now: datetime) -> None:
    change = drafting(files=CORRECTED)
    with pytest.raises(CannotChange, match="effect"):
        change_requests.propose(change, actor=owner, now=now)


def test_a_new_ranking_metric_is_previewed_without_a_version(
    contest: Competition, drafting: Proposing, now: datetime
) -> None:
    for name, rmse, mae in (("a", 1.0, 8.0), ("b", 2.0, 4.0)):
        submission = makers.make_submission(makers.make_team(contest, name))
        values = {"rmse": rmse, "mae": mae}
        result = replace(makers.make_result(), public=values, private=values)
        evaluations.record(makers.claim_of(submission), result, now=now)

    change = drafting(("primary: rmse", "primary: mae"))

    assert change.kinds == ["metric"]
    assert [(board["kind"], board["changed"]) for board in change.effect["boards"]] == [("public", 2), ("private", 2)]
    assert names() == ["a team", "b team"]


def test_a_deadline_says_who_has_submitted(scored: None, drafting: Proposing) -> None:
    change = drafting(LATER)
    assert change.effect["deadlines"] == [
        {"phase": {"en": "Main phase", "ja": "本番"}, "teams": 3, "after": 0, "late": 0}
    ]


def test_a_deadline_is_not_moved_into_the_past(drafting: Proposing) -> None:
    with pytest.raises(CannotImport, match="still to come"):
        drafting(("end: 2030-12-31T23:59:59", "end: 2026-02-01T00:00:00"), at=makers.timezone.now())


def test_a_lower_quota_says_who_is_over_it(contest: Competition, drafting: Proposing) -> None:
    busy = makers.make_team(contest, "busy")
    for _ in range(2):
        makers.make_scored(busy)
    makers.make_scored(makers.make_team(contest, "calm"))

    change = drafting(("max_submissions_per_day: 3", "max_submissions_per_day: 1"), at=makers.timezone.now())

    (quota,) = change.effect["quotas"]
    assert (quota["teams"], quota["in_all"], quota["today"]) == (2, 0, 1)


# -- the second person ------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(scored: None, drafting: Proposing, owner: User, now: datetime) -> ChangeRequest:
    change = drafting(files=CORRECTED)
    score_all(NEW, now)
    assert changing.refresh_effect(change, now=now)
    change_requests.propose(change, actor=owner, now=now)
    return change


def test_nobody_approves_what_they_proposed(proposed: ChangeRequest, owner: User, now: datetime) -> None:
    with pytest.raises(NotYours):
        change_requests.approve(proposed, actor=owner, now=now)
    with pytest.raises(NotYours):
        change_requests.refuse(proposed, actor=owner, why="no", now=now)


@pytest.mark.parametrize("role", [Role.JUROR, Role.SPONSOR])
def test_jurors_and_sponsors_approve_nothing(
    role: Role, proposed: ChangeRequest, contest: Competition, now: datetime
) -> None:
    with pytest.raises(NotYours):
        change_requests.approve(proposed, actor=makers.make_member(contest, "other", role), now=now)


def test_an_operator_without_a_role_approves_nothing(proposed: ChangeRequest, now: datetime) -> None:
    operator = makers.make_user("operator", is_staff=True, is_superuser=True)
    with pytest.raises(NotYours):
        change_requests.approve(proposed, actor=operator, now=now)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OWNER, Role.ORGANISER])
def test_reviewers_owners_and_organisers_approve(
    role: Role, proposed: ChangeRequest, contest: Competition, now: datetime
) -> None:
    change_requests.approve(proposed, actor=makers.make_member(contest, "other", role), now=now)
    assert proposed.status == ChangeStatus.APPROVED


def test_a_change_of_the_contest_meanwhile_asks_for_a_new_proposal(
    proposed: ChangeRequest, second: User, importing: Importer, now: datetime
) -> None:
    importing(files={"pages/overview.en.md": "# New"})
    with pytest.raises(StaleChange, match="again"):
        change_requests.approve(proposed, actor=second, now=now)
    assert ChangeRequest.objects.get().status == ChangeStatus.PROPOSED


def test_a_refused_change_is_scored_no_further_and_shows_nothing(
    contest: Competition, proposed: ChangeRequest, second: User, importing: Importer, now: datetime
) -> None:
    makers.make_scored(makers.make_team(contest, "newcomer"))
    change_requests.catch_up(proposed, now=now)

    change_requests.refuse(proposed, actor=second, why="The sensor was right.", now=now)

    assert not Evaluation.objects.filter(status=EvaluationStatus.QUEUED).exists()
    assert (proposed.status, changing.work_off(now=now)) == (ChangeStatus.REFUSED, 0)
    assert importing().changes == ()
    assert not change_log(contest).exists()


def test_the_same_correction_can_be_proposed_again_after_a_refusal(
    proposed: ChangeRequest, drafting: Proposing, owner: User, second: User, now: datetime
) -> None:
    change_requests.refuse(proposed, actor=second, why="Say which sensor.", now=now)
    again = drafting(files=CORRECTED)
    assert change_requests.unscored(again) == 3
    score_all(NEW, now)
    changing.refresh_effect(again, now=now)
    change_requests.propose(again, actor=owner, now=now)
    change_requests.approve(again, actor=second, now=now)
    assert changing.apply_change(again, now=now)
    assert names() == ["middle team", "last team", "first team"]


# -- in force ---------------------------------------------------------------------------------------------------------


def test_an_approved_truth_switches_all_boards_at_once_and_everybody_is_told(
    proposed: ChangeRequest, contest: Competition, second: User, importing: Importer, now: datetime
) -> None:
    change_requests.approve(proposed, actor=second, now=now)
    assert changing.apply_change(proposed, now=now), proposed.decision

    assert proposed.status == ChangeStatus.APPLIED
    assert Task.objects.get().current_version.number == 2
    assert names() == names(BoardKind.PRIVATE) == ["middle team", "last team", "first team"]
    (notice,) = Announcement.objects.all()
    assert notice == ChangeRequest.objects.get().announcement
    assert "A sensor was read wrongly." in notice.text["en"]
    assert "観測値に誤りがありました。" in notice.text["ja"]
    assert "3 ranks change on the public board" in notice.text["en"]
    assert "private board" not in notice.text["en"]
    assert set(OutboxItem.objects.filter(channel="mail").values_list("kind", flat=True)) == {MailKind.RULES}
    assert Notice.objects.filter(kind=MailKind.RULES).count() == 3
    assert list(change_log(contest)) == [proposed]
    verbs = set(AuditEvent.objects.filter(competition=contest).values_list("verb", flat=True))
    assert {"change draft", "change proposed", "change approved", "change applying", "change applied"} <= verbs
    assert not outgoing.outbox

    first = contest.teams.get(name="first team").submissions.get()
    told = rescored(first)
    assert (told.metric, told.before, told.after, told.number) == ("rmse", 1.0, 9.0, 2)
    assert first.evaluations.count() == 2
    assert changing.apply_change(proposed, now=now)  # safe twice
    assert Announcement.objects.count() == 1


def test_an_upload_before_the_approval_is_scored_under_the_new_truth_first(
    proposed: ChangeRequest, contest: Competition, second: User, now: datetime
) -> None:
    makers.make_scored(makers.make_team(contest, "newcomer"), public=0.5)
    change_requests.approve(proposed, actor=second, now=now)

    assert not changing.apply_change(proposed, now=now)
    assert names()[0] == "newcomer team"
    assert Task.objects.get().current_version.number == 1

    score_all({"newcomer team": 2.5}, now)
    assert changing.work_off(now=now) == 1
    assert names() == ["middle team", "newcomer team", "last team", "first team"]


def test_a_deadline_and_a_quota_change_together(
    contest: Competition, drafting: Proposing, owner: User, second: User, now: datetime
) -> None:
    makers.make_team(contest, "one")
    change = drafting(LATER, ("max_submissions_per_day: 3", "max_submissions_per_day: 9"))
    change_requests.propose(change, actor=owner, now=now)
    change_requests.approve(change, actor=second, now=now)
    assert changing.apply_change(change, now=now), change.decision

    phase = contest.phases.get()
    assert (phase.max_submissions_per_day, phase.ends_at.year) == (9, 2031)
    (notice,) = Announcement.objects.all()
    assert "submissions a day: 3 → 9" in notice.text["en"]
    assert "フェーズ「本番」：1日の投稿数: 3 → 9" in notice.text["ja"]


def test_whoever_downloaded_the_old_data_is_told_of_the_new_ones(
    contest: Competition, drafting: Proposing, owner: User, second: User, now: datetime
) -> None:
    gone = makers.make_user("gone")
    FirstDownload.objects.create(user=gone, release=contest.data_releases.get(), at=now)
    makers.make_team(contest, "one")
    change = drafting(('version: "1"\n    licence', 'version: "2"\n    licence'))
    assert change.effect["downloaded"] == 1
    change_requests.propose(change, actor=owner, now=now)
    change_requests.approve(change, actor=second, now=now)
    assert changing.apply_change(change, now=now), change.decision

    assert gone.notices.filter(kind=MailKind.RULES).count() == 1
    assert contest.data_releases.count() == 2


def test_a_text_that_is_imported_between_approval_and_application_waits(
    proposed: ChangeRequest, contest: Competition, second: User, importing: Importer, now: datetime
) -> None:
    makers.make_scored(makers.make_team(contest, "newcomer"), public=0.5)
    change_requests.approve(proposed, actor=second, now=now)
    assert not changing.apply_change(proposed, now=now)
    with pytest.raises(CannotImport, match="being applied"):
        importing(files={"pages/overview.en.md": "# New"})


def test_after_the_change_the_same_folder_imports_without_a_change(
    proposed: ChangeRequest, second: User, importing: Importer, now: datetime
) -> None:
    change_requests.approve(proposed, actor=second, now=now)
    changing.apply_change(proposed, now=now)
    assert importing(files=CORRECTED, at=now + timedelta(hours=1)).changes == ()

"""A corrected truth or metric is a new version; boards switch to it whole, and only when everybody was scored anew."""

from datetime import datetime, timedelta

import pytest

from competitions.models import Board, Competition, Evaluation, ScoringVersion, Task
from competitions.services import evaluations
from competitions.services.scoring_versions import go_live_due
from competitions.status import BoardKind, EvaluationStatus, FailureKind
from tests import makers
from tests.competitions.bundles.conftest import Importer

CORRECTED = {"truth/solution.csv": "id,y,Usage\na,1.5,Public\nb,-2,Private\nc,0.75,Public\nd,4,Private\n"}


@pytest.fixture
def contest(importing: Importer) -> Competition:
    return importing().competition  # before the launch: afterwards a change is proposed


def versions() -> list[int]:
    return list(ScoringVersion.objects.values_list("number", flat=True))


def live() -> int:
    return Task.objects.get().current_version.number


def score_all(value: float, now: datetime) -> None:
    while claim := evaluations.claim_next(worker="test", now=now):
        evaluations.record(claim, makers.make_result(value, value), now=now)


def public_values() -> list[float]:
    return sorted(Board.objects.get(kind=BoardKind.PUBLIC).standings.values_list("value", flat=True))


def test_titles_and_decimals_make_no_new_version(contest: Competition, importing: Importer) -> None:
    importing(("title: RMSE,", "title: Error,"), ("precision: 3", "precision: 2"))

    assert versions() == [1]
    assert Board.objects.filter(decimals=2).count() == 2


def test_a_lower_limit_of_file_size_is_the_phases_affair_and_a_higher_one_a_new_contract(
    contest: Competition, importing: Importer
) -> None:
    limit = "max_submissions_per_day: 3"

    importing((limit, f"{limit}\n    max_file_mib: 50"))
    assert (versions(), contest.phases.get().max_file_bytes) == ([1], 50 * 2**20)

    importing((limit, f"{limit}\n    max_file_mib: 200"))
    assert versions() == [1, 2]
    assert Task.objects.get().current_version.contract["max_file_bytes"] == 200 * 2**20


@pytest.mark.parametrize(
    ("changes", "files"),
    [
        ((), CORRECTED),
        ((("metric: mae,", "metric: rmse,"),), {}),
        ((("minimum: -10", "minimum: -20"),), {}),
    ],
    ids=["truth", "metric", "contract"],
)
def test_a_correction_before_the_first_upload_goes_live_at_once(
    changes: tuple, files: dict, contest: Competition, importing: Importer
) -> None:
    imported = importing(*changes, files=files)

    assert "task levels: scoring version 2 published" in imported.changes
    assert (versions(), live(), imported.waiting) == ([1, 2], 2, ())


def test_the_old_version_is_never_edited(contest: Competition, importing: Importer) -> None:
    before = ScoringVersion.objects.values().get()

    importing(files=CORRECTED)

    assert ScoringVersion.objects.values().get(number=1) == before


def test_after_an_upload_a_correction_waits_and_the_board_stays(
    contest: Competition, importing: Importer, now: datetime
) -> None:
    makers.make_scored(makers.make_team(contest, "first"), public=2.0)
    makers.make_submission(makers.make_team(contest, "second"))

    (waiting,) = importing(files=CORRECTED).waiting

    assert (waiting.number, waiting.live_number, waiting.submissions, waiting.is_rescoring) == (2, 1, 2, False)
    assert (live(), public_values()) == (1, [2.0])
    assert not go_live_due(now=now)
    assert importing(files=CORRECTED).changes == ()
    assert versions() == [1, 2]


def test_taking_a_correction_back_before_rescoring_needs_no_version(contest: Competition, importing: Importer) -> None:
    makers.make_scored(makers.make_team(contest, "first"))
    importing(files=CORRECTED)

    imported = importing()

    assert (versions(), live(), imported.waiting) == ([1, 2], 1, ())


def test_a_rescoring_switches_the_board_when_the_last_one_is_done(
    contest: Competition, importing: Importer, now: datetime
) -> None:
    first, second = makers.make_team(contest, "first"), makers.make_team(contest, "second")
    makers.make_scored(first, public=2.0)
    makers.make_scored(second, public=3.0)

    (waiting,) = importing(files=CORRECTED, rescore=True).waiting
    assert (waiting.submissions, waiting.is_rescoring) == (0, True)

    claim = evaluations.claim_next(worker="test", now=now)
    evaluations.record(claim, makers.make_result(7.0, 7.0), now=now)
    assert go_live_due(now=now) == 0
    assert (live(), public_values()) == (1, [2.0, 3.0])

    score_all(8.0, now)
    assert go_live_due(now=now) == 1
    assert (live(), public_values()) == (2, [7.0, 8.0])
    assert go_live_due(now=now) == 0
    assert importing(files=CORRECTED, rescore=True).changes == ()


def test_an_upload_during_a_rescoring_is_scored_under_both(
    contest: Competition, importing: Importer, now: datetime
) -> None:
    makers.make_scored(makers.make_team(contest, "first"), public=2.0)
    importing(files=CORRECTED, rescore=True)
    score_all(5.0, now)

    makers.make_submission(makers.make_team(contest, "late"))
    assert go_live_due(now=now) == 0
    score_all(6.0, now)

    assert go_live_due(now=now) == 1
    assert public_values() == [5.0, 6.0]


def test_a_refused_file_does_not_hold_a_rescoring_back_but_a_fault_of_ours_does(
    contest: Competition, importing: Importer, now: datetime
) -> None:
    makers.make_scored(makers.make_team(contest, "first"), public=2.0)
    importing(files=CORRECTED, rescore=True)
    fault = Evaluation.objects.get(scoring_version__number=2)
    Evaluation.objects.filter(pk=fault.pk).update(
        status=EvaluationStatus.FAILED, failure_kind=FailureKind.PLATFORM, finished_at=now
    )
    assert go_live_due(now=now) == 0

    Evaluation.objects.filter(pk=fault.pk).update(failure_kind=FailureKind.INVALID)

    assert go_live_due(now=now) == 1
    assert public_values() == []


def test_what_was_cancelled_is_not_scored_anew(contest: Competition, importing: Importer, now: datetime) -> None:
    makers.make_scored(makers.make_team(contest, "first"))
    cancelled = makers.make_submission(makers.make_team(contest, "second"))
    evaluations.cancel(cancelled.evaluations.get(), now=now)

    importing(files=CORRECTED, rescore=True)

    assert cancelled.evaluations.count() == 1


def test_a_second_correction_overtakes_a_rescoring(contest: Competition, importing: Importer, now: datetime) -> None:
    makers.make_scored(makers.make_team(contest, "first"))
    importing(files=CORRECTED, rescore=True)

    importing(rescore=True, at=now + timedelta(hours=1))
    score_all(4.0, now)

    assert versions() == [1, 2, 3]
    assert go_live_due(now=now) == 1
    assert live() == 3

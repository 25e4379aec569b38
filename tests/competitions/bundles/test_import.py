"""A described contest becomes records: all of them or none, once, and later changes keep the promises made."""

import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from competitions.models import (
    AuditEvent,
    Blob,
    Board,
    Competition,
    DataFile,
    DataRelease,
    Page,
    ScoringVersion,
    Terms,
    User,
)
from competitions.services.boxes import InvalidTruth, ScoringJob, Verdict
from competitions.services.descriptions import CannotImport
from competitions.status import BoardKind, CompetitionStatus, Role
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.conftest import Importer

# -- what an import makes ---------------------------------------------------------------------------------------------


def test_an_import_makes_a_draft_that_its_owner_owns(importing: Importer, owner: User, now: datetime) -> None:
    competition = importing().competition

    assert competition.status == CompetitionStatus.DRAFT
    assert competition.memberships.get().user == owner
    assert competition.memberships.get().role == Role.OWNER
    assert competition.host == {"en": "Harbour office", "ja": "Harbour office"}
    phase = competition.phases.get()
    assert (phase.max_submissions_per_day, phase.max_submissions, phase.max_rejected_per_day) == (3, 0, 20)
    assert phase.ends_at.isoformat() == "2030-12-31T14:59:59+00:00"
    assert [division.key for division in phase.divisions.all()] == ["general"]
    assert AuditEvent.objects.get().verb == "competition.imported"


def test_pages_and_rules_are_rendered_in_both_languages(importing: Importer) -> None:
    competition = importing().competition

    page = competition.pages.get()
    assert page.html["en"].startswith("<h2>Tides</h2>")
    assert '<td class="text-end">2</td>' in page.html["en"]
    assert page.html["ja"] == "<h2>潮</h2>\n"
    assert competition.terms.get().html == {"en": "<p>Be fair.</p>\n", "ja": "<p>Be fair.</p>\n"}


def test_the_published_version_holds_what_scoring_reads_and_nothing_else(importing: Importer, store: Store) -> None:
    task = importing().competition.tasks.get()
    version = task.current_version

    assert (version.number, version.contract["rows"]) == (1, 4)
    assert [sorted(metric) for metric in version.metrics] == [["aggregate", "key", "metric", "params", "precision"]] * 2
    assert task.metrics[0]["title"] == {"en": "RMSE", "ja": "RMSE"}
    assert task.metrics[0]["precision"] == 3
    assert (store.truth_path(version.truth_digest) / "rows.json").exists()
    assert "Usage" not in json.dumps(version.contract)
    assert "solution" not in json.dumps([task.truth, task.submission])


def test_every_phase_division_and_task_has_its_boards(importing: Importer) -> None:
    boards = Board.objects.filter(phase__competition=importing().competition)

    assert {board.kind for board in boards} == {BoardKind.PUBLIC, BoardKind.PRIVATE}
    for board in boards:
        assert (board.metric, board.higher_is_better, board.decimals) == ("rmse", False, 3)
        assert board.title == {"en": "Ranking", "ja": "順位"}


def test_an_organiser_may_rank_by_another_metric_in_another_direction(importing: Importer) -> None:
    importing(("primary: rmse,", "primary: mae, sorting: desc,"))

    board = Board.objects.filter(kind=BoardKind.PUBLIC).get()
    assert (board.metric, board.higher_is_better, board.decimals) == ("mae", True, 4)


def test_the_truth_is_in_no_stored_file(importing: Importer, store: Store) -> None:
    importing()

    secret = b"c,0.25,Public"
    blobs = [path for path in (store.root / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == Blob.objects.count() == 3
    assert all(secret not in path.read_bytes() for path in blobs)


def test_the_starting_kit_is_the_same_zip_every_time(importing: Importer, store: Store, tmp_path: Path) -> None:
    kit = importing().competition.tasks.get().starting_kit

    with zipfile.ZipFile(store.blob_path(kit.sha256)) as archive:
        names = [name for name in archive.namelist() if not name.startswith("tidemark/")]
        assert names == ["SCORING.md", "contract.json", "job.json", "train.py"]
        contract, job = (json.loads(archive.read(name)) for name in ("contract.json", "job.json"))
    assert contract["rows"] == 4
    assert "rows" not in job["contract"]
    assert job["truth"] == {"files": "holdout.csv", "split": {"by": "none"}}
    (tmp_path / "contest" / "kit" / "train.py").touch()
    assert importing().competition.tasks.get().starting_kit == kit


def test_a_later_import_leaves_a_contest_shown_that_was_launched(importing: Importer, now: datetime) -> None:
    importing(publish=True)
    later = importing(at=now + timedelta(days=1)).competition

    assert later.status == CompetitionStatus.PUBLISHED
    assert later.published_at == now
    assert importing(draft=True).competition.status == CompetitionStatus.DRAFT


# -- twice ------------------------------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing(importing: Importer, now: datetime) -> None:
    first = importing(publish=True)
    before = _records(first.competition)

    second = importing(publish=True, at=now + timedelta(days=1))

    assert first.is_new
    assert not second.is_new
    assert second.changes == ()
    assert _records(second.competition) == before


def _records(competition: Competition) -> dict[str, list]:
    models = (Page, Terms, DataRelease, DataFile, ScoringVersion, Board, Blob, AuditEvent)
    records = {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
    for name in ("phases", "tasks", "divisions", "memberships"):
        records[name] = list(getattr(competition, name).order_by("pk").values())
    return records


def test_what_changed_is_told_and_kept_in_the_trace(importing: Importer) -> None:
    importing()

    changes = importing(("max_submissions_per_day: 3", "max_submissions_per_day: 4")).changes

    assert changes == ("phase main: max_submissions_per_day changed",)
    assert AuditEvent.objects.last().verb == "competition.updated"
    assert AuditEvent.objects.last().detail == {"changes": list(changes)}


def test_what_is_no_longer_described_goes_when_nobody_needs_it(importing: Importer) -> None:
    importing()

    changes = importing(("  - {key: student, title: {en: Students, ja: 学生}}\n", "")).changes

    assert changes == ("division student: removed",)


# -- nothing by halves ------------------------------------------------------------------------------------------------


def test_nothing_is_imported_when_the_truth_is_no_good(importing: Importer) -> None:
    def refuse(spec: object, raw: Path, output: Path) -> None:
        problems = [
            {"where": "line 3", "message": "the value is empty"},
            {"where": "split", "message": "split: 'b' is in neither part"},
            {"where": "metrics[1].params", "message": "metrics[1].params: the truth holds 7"},
        ]
        raise InvalidTruth([*problems, *({"message": f"problem {number}"} for number in range(30))])

    with pytest.raises(CannotImport) as caught:
        importing(normalise_truth=refuse)

    told = [(refusal.where, refusal.message) for refusal in caught.value.refusals]
    assert told[:3] == [
        (("tasks", 0, "truth"), "line 3: the value is empty"),
        (("tasks", 0, "truth", "split"), "split: 'b' is in neither part"),
        (("tasks", 0, "metrics", 1), "metrics[1].params: the truth holds 7"),
    ]
    assert told[-1] == (("tasks", 0, "truth"), "and 13 more problems of the truth")
    assert not Competition.objects.exists()
    assert not Blob.objects.exists()


def test_a_sample_that_does_not_fit_is_told_and_nothing_imported(importing: Importer) -> None:
    tried: list[ScoringJob] = []

    def refuse(job: ScoringJob) -> Verdict:
        tried.append(job)
        return Verdict(None, [{"where": "line 5", "message": "Id d is missing."}], 1)

    with pytest.raises(CannotImport, match=r"line 5: Id d is missing\.") as caught:
        importing(try_sample=refuse)

    assert caught.value.refusals[0].where == ("tasks", 0, "sample_submission")
    assert (tried[0].file_name, tried[0].contract["rows"]) == ("sample.csv", 4)
    assert not Competition.objects.exists()


def test_nothing_changes_when_one_part_is_refused(importing: Importer) -> None:
    competition = importing(publish=True).competition
    makers.make_team(competition, "contestant")
    before = _records(competition)

    with pytest.raises(CannotImport):
        importing(("Tide levels, ja", "Other, ja"), ("key: main\n", "key: other\n"), files={"rules.md": "Be mean."})

    assert _records(Competition.objects.get()) == before
    assert Competition.objects.get().title["en"] == "Tide levels"


def test_a_stranger_cannot_take_over_a_contest_by_its_slug(importing: Importer) -> None:
    importing()

    with pytest.raises(CannotImport, match="belongs to a contest that stranger does not organise; choose another"):
        importing(actor=makers.make_user("stranger"))


# -- promises ---------------------------------------------------------------------------------------------------------


def test_rules_that_nobody_accepted_may_be_mended(importing: Importer) -> None:
    importing()

    assert importing(files={"rules.md": "Be kind."}).changes == ("terms 1: text, html changed",)


def test_rules_that_somebody_accepted_cannot_change_under_their_version(importing: Importer) -> None:
    competition = importing().competition
    makers.make_team(competition, "contestant")

    with pytest.raises(CannotImport) as caught:
        importing(files={"rules.md": "Be kind."})

    (refusal,) = caught.value.refusals
    assert refusal.where == ("terms", "version")
    assert refusal.message == "the text of version '1' differs from what 1 accepted; give the new text a new version"
    importing(('  version: "1"\n  file', '  version: "2"\n  file'), files={"rules.md": "Be kind."})
    assert [terms.version for terms in competition.terms.all()] == ["1", "2"]


def test_older_rules_do_not_come_back_under_their_old_name(importing: Importer, now: datetime) -> None:
    importing()
    importing(('  version: "1"\n  file', '  version: "2"\n  file'), at=now + timedelta(seconds=1))

    with pytest.raises(CannotImport, match="version '1' is older than '2', which is in force; give a new version"):
        importing()


def test_data_may_change_while_the_contest_is_a_draft(importing: Importer) -> None:
    importing()
    importing(files={"data/train.csv": "id,y\nz,2\n"})

    assert DataFile.objects.get().blob.size_bytes == len("id,y\nz,2\n")


def test_published_data_cannot_change_under_their_version(importing: Importer) -> None:
    importing(publish=True)

    with pytest.raises(CannotImport) as caught:
        importing(files={"data/train.csv": "id,y\nz,2\n"})

    (refusal,) = caught.value.refusals
    assert refusal.where == ("data", 0, "files", 0, "path")
    assert refusal.message == "'train.csv' has changed: version '1' is published; give what is new a new version"


def test_a_new_release_comes_after_the_old_one_which_stays(importing: Importer) -> None:
    importing()
    competition = importing(
        ('data:\n  - version: "1"', 'data:\n  - version: "2"'), files={"data/train.csv": "id,y\nz,2\n"}
    ).competition

    assert [(release.version, release.position) for release in competition.data_releases.all()] == [("1", 0), ("2", 1)]


def test_a_phase_with_submissions_stays(importing: Importer) -> None:
    competition = importing(publish=True).competition
    makers.make_submission(makers.make_team(competition, "contestant"))

    with pytest.raises(CannotImport, match="phase 'main' has 1 submission; it must stay"):
        importing(("key: main\n", "key: other\n"))


def test_a_task_with_submissions_stays(importing: Importer) -> None:
    competition = importing(publish=True).competition
    makers.make_submission(makers.make_team(competition, "contestant"))

    with pytest.raises(CannotImport, match="task 'levels' has submissions in this phase; it must stay"):
        importing(("tasks: [levels]", "tasks: [other]"), ("  - key: levels", "  - key: other"))


def test_a_task_that_nobody_tried_may_be_renamed(importing: Importer) -> None:
    importing()

    competition = importing(("tasks: [levels]", "tasks: [other]"), ("  - key: levels", "  - key: other")).competition

    assert [task.key for task in competition.tasks.all()] == ["other"]
    assert ScoringVersion.objects.count() == 1


def test_a_board_with_teams_stays(importing: Importer) -> None:
    competition = importing(publish=True).competition
    makers.make_scored(makers.make_team(competition, "contestant"))

    with pytest.raises(CannotImport, match="has teams on it; its division and task must stay in this phase"):
        importing(("divisions: [general]", "divisions: [student]"))


def test_a_board_that_ranks_anew_is_rebuilt(importing: Importer) -> None:
    competition = importing().competition  # once it is launched this is proposed
    makers.make_scored(makers.make_team(competition, "contestant"), public=1.0)
    board = Board.objects.get(kind=BoardKind.PUBLIC)
    assert board.standings.get().value == 1.0

    importing(("primary: rmse", "primary: mae"))

    assert board.standings.get().value == 0.5


def test_how_a_released_board_ranks_cannot_change(importing: Importer, now: datetime) -> None:
    importing(publish=True)
    Board.objects.filter(kind=BoardKind.PRIVATE).update(released_at=now)

    with pytest.raises(CannotImport, match="the private board of task 'levels' is released"):
        importing(("primary: rmse", "primary: mae"))

"""Records for tests, with keyword overrides. What a service makes in real life is made by that service here, too."""

import struct
import zlib
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from competitions.models import (
    Acceptance,
    Blob,
    Board,
    Competition,
    DataAcceptance,
    DataFile,
    DataRelease,
    DataTerms,
    Division,
    Evaluation,
    Execution,
    Membership,
    Page,
    Phase,
    Runtime,
    ScoringVersion,
    Sponsor,
    Submission,
    Task,
    Team,
    TeamMember,
    Terms,
    User,
)
from competitions.services import evaluations, executions, moves, queueing
from competitions.services.evaluations import ScoringResult
from competitions.services.executions import Ended
from competitions.services.moves import Claim
from competitions.services.run_records import RunNote
from competitions.status import BoardKind, CompetitionStatus, FailureKind, Role, SubmissionKind
from competitions.store import Store
from sandbox import Limits, Outcome, Run

PASSWORD = "correct horse battery staple"
TABLE_CONTRACT = {
    "kind": "table",
    "formats": ["csv"],
    "schema": {
        "fields": [{"name": "id", "type": "string"}, {"name": "y", "type": "number"}],
        "primaryKey": "id",
    },
    "rows": 4,
    "max_file_bytes": 1_000_000,
}
METRICS = [
    {"key": "rmse", "metric": "rmse", "params": {"column": "y"}, "precision": 3, "aggregate": "pooled"},
    {"key": "mae", "metric": "mae", "params": {"column": "y"}, "precision": 3, "aggregate": "pooled"},
]


def both(text: str) -> dict[str, str]:
    return {"en": text, "ja": f"{text}（日本語）"}


def make_user(name: str, **fields: Any) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_competition(slug: str = "tide-table", **fields: Any) -> Competition:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "title": both("Tide table"),
        "description": both("Predict the tide."),
        "host": both("Harbour office"),
        "contact_email": "organiser@example.org",
        "time_zone": "Asia/Tokyo",
        "status": CompetitionStatus.PUBLISHED,
        "created_at": now,
        "published_at": now,
    }
    competition = Competition.objects.create(slug=slug, **{**defaults, **fields})
    overview = {"competition": competition, "key": "overview", "title": both("Overview")}
    Page.objects.create(**overview, text=both("About."), html=both("<p>About.</p>"))
    make_terms(competition, "1", created_at=now)
    division = Division.objects.create(competition=competition, key="general", title=both("General"))
    task = make_task(competition)
    make_phase(competition, task, division)
    return competition


def make_terms(competition: Competition, version: str, *, created_at: datetime) -> Terms:
    texts = {"text": both(f"Rules {version}"), "html": both(f"<p>Rules {version}</p>")}
    return Terms.objects.create(competition=competition, version=version, created_at=created_at, **texts)


def make_data_terms(competition: Competition, version: str = "1", **fields: Any) -> DataTerms:
    texts = {"text": both(f"Data terms {version}"), "html": both(f"<p>Data terms {version}</p>")}
    defaults = {"created_at": timezone.now(), **texts}
    return DataTerms.objects.create(competition=competition, version=version, **{**defaults, **fields})


def accept_data_terms(user: User, competition: Competition) -> None:
    """The newest ones, where there are any."""
    terms = competition.data_terms.last()
    if terms is not None:
        record = {"accepted_at": timezone.now(), "digest": "0" * 64, "way": "page"}
        DataAcceptance.objects.create(user=user, terms=terms, **record)


def make_task(competition: Competition, key: str = "levels", **fields: Any) -> Task:
    task = Task.objects.create(
        competition=competition,
        key=key,
        name=both("Levels"),
        submission=fields.pop("submission", TABLE_CONTRACT),
        truth=fields.pop("truth", {"path": "truth/solution.csv", "split": {"by": "column", "column": "Usage"}}),
        metrics=fields.pop("metrics", METRICS),
        **fields,
    )
    task.current_version = ScoringVersion.objects.create(
        task=task,
        number=1,
        contract=task.submission,
        metrics=task.metrics,
        truth_digest="0" * 64,
        published_at=timezone.now(),
    )
    task.save(update_fields=["current_version"])
    return task


def make_phase(competition: Competition, task: Task, division: Division, **fields: Any) -> Phase:
    now = timezone.now()
    defaults = {
        "key": "main",
        "name": both("Main phase"),
        "starts_at": now - timedelta(days=30),
        "ends_at": now + timedelta(days=30),
    }
    phase = Phase.objects.create(competition=competition, **{**defaults, **fields})
    phase.tasks.add(task)
    phase.divisions.add(division)
    for kind in (BoardKind.PUBLIC, BoardKind.PRIVATE):
        Board.objects.create(
            phase=phase,
            division=division,
            task=task,
            kind=kind,
            title=both("Leaderboard"),
            metric=task.metrics[0]["key"],
            higher_is_better=False,
            decimals=3,
        )
    return phase


def make_member(competition: Competition, name: str, role: Role) -> User:
    user = make_user(name)
    Membership.objects.create(competition=competition, user=user, role=role)
    return user


def make_team(competition: Competition, name: str) -> Team:
    """A team of one, who has accepted the rules."""
    now = timezone.now()
    user = make_user(name)
    team = Team.objects.create(competition=competition, name=f"{name} team", created_at=now)
    TeamMember.objects.create(team=team, competition=competition, user=user, joined_at=now, is_captain=True)
    Acceptance.objects.create(user=user, terms=competition.terms.last(), accepted_at=now)
    accept_data_terms(user, competition)
    return team


def make_mate(team: Team, name: str) -> TeamMember:
    """One more person in a team, who has accepted the rules."""
    now, user = timezone.now(), make_user(name)
    terms = team.competition.terms.last()
    if terms is not None:
        Acceptance.objects.create(user=user, terms=terms, accepted_at=now)
    accept_data_terms(user, team.competition)
    return TeamMember.objects.create(team=team, competition=team.competition, user=user, joined_at=now)


def make_blob(content: bytes = b"id,y\na,1\n") -> Blob:
    stored = Store(settings.FILES_DIR).put([content])
    fields = {"size_bytes": stored.size_bytes, "created_at": timezone.now()}
    return Blob.objects.get_or_create(sha256=stored.sha256, defaults=fields)[0]


def make_data_release(competition: Competition, version: str = "1", content: bytes = b"train") -> DataRelease:
    release = DataRelease.objects.create(
        competition=competition, version=version, licence="CC0-1.0", published_at=timezone.now()
    )
    DataFile.objects.create(release=release, name="train.csv", blob=make_blob(content), description=both("Training"))
    return release


def png_bytes(width: int = 120, height: int = 40) -> bytes:
    """A picture in one colour."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\x7f" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def make_sponsor(competition: Competition, key: str = "harbour", **fields: Any) -> Sponsor:
    defaults = {
        "name": both("Harbour Trust"),
        "role": both("Gold sponsor"),
        "url": "https://example.org/",
        "logo": make_blob(png_bytes()),
        "logo_format": "png",
        "logo_width": 120,
        "logo_height": 40,
        "description": both("We *look after* harbours."),
        "html": both("<p>We <em>look after</em> harbours.</p>"),
        "prizes": both("The first prize"),
    }
    return Sponsor.objects.create(competition=competition, key=key, **{**defaults, **fields})


def make_submission(team: Team, *, content: bytes = b"id,y\na,1\n", **fields: Any) -> Submission:
    """An upload that waits in the queue."""
    phase = fields.pop("phase", None) or team.competition.phases.first()
    defaults = {
        "user": team.members.first().user,
        "team_name": team.name,
        "task": phase.tasks.first(),
        "file_name": "prediction.csv",
        "submitted_at": timezone.now(),
    }
    submission = Submission.objects.create(team=team, phase=phase, blob=make_blob(content), **{**defaults, **fields})
    evaluations.queue(submission, now=submission.submitted_at)
    return submission


def make_result(public: float = 1.0, private: float = 2.0, **fields: Any) -> ScoringResult:
    defaults: dict[str, Any] = {
        "public": {"rmse": public, "mae": public / 2},
        "private": {"rmse": private, "mae": private / 2},
        "public_scenes": [],
        "private_scenes": [],
        "statistics": {},
    }
    return ScoringResult(**{**defaults, **fields})


def make_scored(team: Team, public: float = 1.0, private: float = 2.0, **fields: Any) -> Submission:
    """An upload that was scored, by the services that a worker calls."""
    submission = make_submission(team, **fields)
    claim = claim_of(submission)
    evaluations.record(claim, make_result(public, private), now=timezone.now())
    return submission


def make_rejected(team: Team, **fields: Any) -> Submission:
    submission = make_submission(team, **fields)
    problem = {"code": "empty_file", "where": "prediction.csv", "params": {}, "message": "the file is empty"}
    evaluations.reject(claim_of(submission), [problem], total=1, now=timezone.now())
    return submission


def claim_of(submission: Submission, worker: str = "test") -> Claim:
    evaluation = Evaluation.objects.get(submission=submission, scoring_version=submission.task.current_version)
    return moves.claim(evaluation, worker=worker, now=timezone.now())


# -- programs ---------------------------------------------------------------------------------------------------------

TRIAL_INPUTS, TEST_INPUTS, OTHER_INPUTS = "1" * 64, "2" * 64, "3" * 64


def make_runtime(digest: str = "a" * 64, **fields: Any) -> Runtime:
    """As a worker announces it."""
    defaults = {
        "name": "python-geo",
        "version": "2026.11",
        "python": "3.13.9",
        "packages": {"numpy": "2.3.5", "rasterio": "1.4.3"},
        "announced_at": timezone.now(),
    }
    return Runtime.objects.get_or_create(digest=digest, defaults={**defaults, **fields})[0]


def make_code_task(
    competition: Competition,
    *,
    inputs_digest: str = TEST_INPUTS,
    trial_inputs_digest: str = TRIAL_INPUTS,
    runtime: Runtime | None = None,
    **code: Any,
) -> Task:
    """The contest's task, which now takes programs; `code` overrides what the organiser says of them."""
    task = competition.tasks.get()
    task.runtime, task.trial_inputs_digest = runtime or make_runtime(), trial_inputs_digest
    task.code = {"runtime": task.runtime.name, **code}
    task.save()
    task.current_version.inputs_digest = inputs_digest
    task.current_version.save()
    return task


def take_programs(task: Task, *, has_trial: bool = True, built: Runtime | None = None, **code: Any) -> Task:
    """From now on contestants send programs for the task."""
    task.runtime = built or make_runtime()
    task.code = {"runtime": task.runtime.name, "limits": {"wall_seconds": 600, "memory_mib": 2048}, **code}
    task.trial_inputs_digest = TRIAL_INPUTS if has_trial else ""
    task.save()
    ScoringVersion.objects.filter(task=task).update(inputs_digest=TEST_INPUTS)
    task.current_version = ScoringVersion.objects.get(pk=task.current_version_id)
    return task


def make_program_submission(team: Team, *, content: bytes = b"print('ice')\n", **fields: Any) -> Submission:
    """An uploaded program that waits for its first run."""
    phase = fields.pop("phase", None) or team.competition.phases.first()
    defaults = {
        "user": team.members.first().user,
        "task": phase.tasks.first(),
        "file_name": "main.py",
        "submitted_at": timezone.now(),
        "kind": SubmissionKind.CODE,
    }
    submission = Submission.objects.create(team=team, phase=phase, blob=make_blob(content), **{**defaults, **fields})
    queueing.enter(submission, now=submission.submitted_at)
    return submission


def make_ended(prediction: bytes | None = b"id,y\na,1\n", **fields: Any) -> Ended:
    """What a worker says of a run; without a prediction it must name a `failure_kind`."""
    stored = None if prediction is None else Store(settings.FILES_DIR).put([prediction])
    defaults: dict[str, Any] = {
        "outcome": "ok" if stored else "crashed",
        "reason": "",
        "log": "said\n",
        "runs": (),
        "prediction": stored,
        "prediction_name": "prediction.csv" if stored else "",
        "wall_seconds": 2.0,
        "cpu_seconds": 1.5,
        "peak_memory_mib": 30.0,
    }
    return Ended(**{**defaults, **fields})


def claim_run(worker: str = "code", now: datetime | None = None, runtimes: tuple[str, ...] = ("a" * 64,)) -> Claim:
    """The next run of a program, claimed."""
    claim = executions.claim_next(worker=worker, runtimes=runtimes, now=now or timezone.now())
    assert claim is not None, "no run of a program waits"
    return claim


def run_program_of(submission: Submission, *, prediction: bytes = b"id,y\na,1\n") -> None:
    """Let all runs that the submission waits for end well, so that it waits to be scored."""
    for _ in range(2):
        execution = submission.executions.filter(status="queued").first()
        if execution is not None:
            claim = moves.claim(execution, worker="code", now=timezone.now())
            executions.record(claim, make_ended(prediction), now=timezone.now())


def make_scored_program(team: Team, public: float = 1.0, private: float = 2.0, **fields: Any) -> Submission:
    """A program that was run and scored, by the services that workers call."""
    submission = make_program_submission(team, **fields)
    run_program_of(submission)
    evaluations.record(claim_of(submission), make_result(public, private), now=timezone.now())
    return submission


def newest_run(submission: Submission) -> Execution:
    return submission.executions.order_by("-pk")[0]


def begin_run(submission: Submission, *, worker: str = "test", **fields: str) -> Claim:
    """A worker takes the newest run; `fields` are its log and progress so far."""
    claim = moves.claim(newest_run(submission), worker=worker, now=timezone.now())
    executions.note_progress(claim, **fields)
    return claim


def end_run(claim: Claim, outcome: Outcome = Outcome.OK, **fields: Any) -> Execution:
    """The worker records what became of it; `exit_code` is that of the box."""
    failure = "" if outcome == Outcome.OK else FailureKind.PROGRAM
    box = make_box(outcome, exit_code=fields.pop("exit_code", 0))
    defaults: dict[str, Any] = {
        "reason": "",
        "log": "",
        "runs": [RunNote("predict", box, Limits(60, 60, 512), timezone.now(), code_digest="c" * 64)],
        "failure_kind": failure,
        "prediction": None if failure else Store(settings.FILES_DIR).put([b"id,y\na,1\n"]),
        "prediction_name": "" if failure else "prediction.csv",
        "wall_seconds": 12.34,
        "cpu_seconds": 11.5,
        "peak_memory_mib": 321.0,
    }
    return executions.record(claim, Ended(outcome=outcome, **{**defaults, **fields}), now=timezone.now())


def make_box(outcome: Outcome, *, exit_code: int | None = 0) -> Run:
    return Run(
        outcome=outcome,
        reason="",
        exit_code=exit_code,
        signal=None,
        wall_seconds=12.34,
        cpu_seconds=11.5,
        peak_memory_mib=321.0,
        stdout=b"",
        stderr=b"",
        files=(),
        backend="fake",
        profile_digest="f" * 64,
        runtime_digest="a" * 64,
    )


def run_program(submission: Submission, outcome: Outcome = Outcome.OK, **fields: Any) -> Execution:
    """Its newest run from its beginning to its end."""
    return end_run(begin_run(submission), outcome, **fields)

"""Records for tests, with keyword overrides. What a service makes in real life is made by that service here, too."""

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
    DataFile,
    DataRelease,
    Division,
    Evaluation,
    Membership,
    Page,
    Phase,
    ScoringVersion,
    Submission,
    Task,
    Team,
    TeamMember,
    Terms,
    User,
)
from competitions.services import evaluations, moves
from competitions.services.evaluations import ScoringResult
from competitions.services.moves import Claim
from competitions.status import BoardKind, CompetitionStatus, Role
from competitions.store import Store

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
    return team


def make_mate(team: Team, name: str) -> TeamMember:
    """One more person in a team, who has accepted the rules."""
    now, user = timezone.now(), make_user(name)
    terms = team.competition.terms.last()
    if terms is not None:
        Acceptance.objects.create(user=user, terms=terms, accepted_at=now)
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


def make_submission(team: Team, *, content: bytes = b"id,y\na,1\n", **fields: Any) -> Submission:
    """An upload that waits in the queue."""
    phase = fields.pop("phase", None) or team.competition.phases.get()
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

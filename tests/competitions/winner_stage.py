"""A contest that is over, with prizes, an audit of its winners, and teams ranked by their private scores."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from competitions.models import Award, Competition, HandIn, Phase, Team, WinnerAudit, WinnerEntry
from competitions.services import hand_ins, winners
from competitions.services.hand_ins import Upload
from competitions.status import Role
from tests import makers

STAGES = {stage: {"commands": f"python {stage}.py"} for stage in ("preprocessing", "training", "prediction")}
TEXTS: dict[str, Any] = {"model": "inside", "seeds": "numpy: 1", "stages": STAGES}
FILES = {"code": ("main.py", b"print()"), "environment": ("lock.txt", b"numpy==2"), "report": ("r.pdf", b"%PDF")}


def end_contest(competition: Competition, *, days: int = 1) -> None:
    Phase.objects.filter(competition=competition).update(ends_at=timezone.now() - timedelta(days=days))


def make_award(competition: Competition, key: str = "first", **fields: Any) -> Award:
    phase = competition.phases.first()
    place = {"phase": phase, "task": phase.tasks.first(), "division": phase.divisions.first()}
    return Award.objects.create(competition=competition, key=key, title=makers.both(f"Prize {key}"), **place, **fields)


def make_audit(competition: Competition, **rules: Any) -> WinnerAudit:
    return WinnerAudit.objects.create(competition=competition, stated=rules)


def make_ranked(competition: Competition, *names: str, content: bytes = b"id,y\na,%d\n") -> list[Team]:
    """The first is best on the private board; each has a file of its own."""
    teams = [makers.make_team(competition, name) for name in names]
    for number, team in enumerate(teams):
        makers.make_scored(team, 1.0, 1.0 + number, content=content % number if b"%d" in content else content)
    return teams


def make_organiser(competition: Competition, name: str = "chair") -> Any:
    return makers.make_member(competition, name, Role.ORGANISER)


def opened(record: WinnerAudit, organiser: Any) -> WinnerAudit:
    end_contest(record.competition)
    return winners.open_audit(record, actor=organiser, now=timezone.now())


def entry_of(team: Team) -> WinnerEntry:
    return WinnerEntry.objects.select_related("audit__competition", "team", "submission__task").get(team=team)


def uploads(files: Mapping[str, tuple[str, bytes]]) -> dict[str, Upload]:
    return {part: Upload(name, lambda content=content: [content]) for part, (name, content) in files.items()}  # type: ignore[misc]


def hand_in(entry: WinnerEntry, *, now: datetime | None = None, texts: Any = None, **files: Any) -> HandIn:
    """By a member of the team; `files` replace those that are sent, None leaves one out."""
    sent = {part: file for part, file in {**FILES, **files}.items() if file is not None}
    user = entry.team.members.first().user
    return hand_ins.hand_in(entry, user=user, texts=texts or TEXTS, uploads=uploads(sent), now=now or timezone.now())

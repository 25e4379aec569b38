"""What the sponsors' dashboard costs on a large contest: python -m tests.benchmarks.dashboard [TEAMS] [SUBMISSIONS]

Makes its rows in a throwaway SQLite database and prints seconds and numbers of queries: of each
part with an empty cache, of the whole with an empty and with a full one, and of publishing the groups of a day.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from competitions import models
from competitions.queries import dashboard as queries
from competitions.services import group_reports
from tests import makers

COUNTRIES = ["", "JP", "JP", "JP", "US", "FR", "DE", "IN", "CN", "BR"]


@transaction.atomic
def fill(slug: str, teams: int, submissions: int) -> models.Competition:
    """A contest of 60 days: each team is one person, and the best score falls slowly."""
    rng, now = random.Random(7), timezone.now()
    competition = makers.make_competition(slug)
    release = makers.make_data_release(competition)
    start = now - timedelta(days=60)
    competition.phases.update(starts_at=start)
    phase, task = competition.phases.get(), competition.tasks.get()
    people = models.User.objects.bulk_create(
        models.User(
            username=f"{slug}-{number}",
            email=f"{slug}-{number}@example.org",
            country=rng.choice(COUNTRIES),
            affiliation=f"University {int(rng.paretovariate(0.7)) % 200}",
        )
        for number in range(teams)
    )
    made = models.Team.objects.bulk_create(
        models.Team(competition=competition, name=f"team {number}", created_at=start) for number in range(teams)
    )
    pairs = list(zip(made, people, strict=True))
    models.TeamMember.objects.bulk_create(
        models.TeamMember(team=team, competition=competition, user=user, joined_at=start, is_captain=True)
        for team, user in pairs
    )
    models.FirstDownload.objects.bulk_create(
        models.FirstDownload(user=user, release=release, at=start) for _team, user in pairs[: teams * 4 // 5]
    )
    blob = makers.make_blob()
    moments = sorted(start + timedelta(days=60) * rng.random() for _ in range(submissions))
    busy = pairs[: max(1, teams * 3 // 5)]
    uploads = []
    for moment in moments:
        team, user = rng.choice(busy)
        place = {"phase": phase, "task": task, "blob": blob, "file_name": "p.csv"}
        uploads.append(models.Submission(team=team, user=user, submitted_at=moment, **place))
    models.Submission.objects.bulk_create(uploads, batch_size=2000)
    scored = models.Evaluation.objects.bulk_create(
        (
            models.Evaluation(
                submission=upload,
                scoring_version=task.current_version,
                status="scored",
                queued_at=upload.submitted_at,
                finished_at=upload.submitted_at,
                public_detail={},
                private_detail={},
            )
            for upload in uploads
        ),
        batch_size=2000,
    )
    models.Score.objects.bulk_create(
        (
            models.Score(
                evaluation=evaluation,
                metric=metric,
                split="public",
                value=(1 + rng.expovariate(1)) * (1 - 0.7 * number / submissions),
            )
            for number, evaluation in enumerate(scored)
            for metric in ("rmse", "mae")
        ),
        batch_size=5000,
    )
    board = phase.boards.get(kind="public")
    latest = {upload.team_id: upload for upload in uploads}
    models.Standing.objects.bulk_create(
        models.Standing(
            board=board, team_id=team, submission=upload, value=1, sort_key=1, submitted_at=upload.submitted_at
        )
        for team, upload in latest.items()
    )
    return competition


def timed(name: str, act: Callable[[], Any]) -> None:
    with CaptureQueriesContext(connection) as queries_made:
        start = time.perf_counter()
        act()
        seconds = time.perf_counter() - start
    print(f"{name:<34} {seconds:8.3f} s {len(queries_made):4d} queries", flush=True)


def main(teams: int = 10_000, submissions: int = 200_000) -> None:
    call_command("migrate", verbosity=0)
    competition = fill("large", teams, submissions)
    now = timezone.now()
    board = queries.curve_boards(competition, now=now)[0]
    cache.clear()
    timed("totals, cold", lambda: queries.totals(competition))
    timed("submissions a day, cold", lambda: queries.submissions_by_day(competition))
    timed("best scores, cold", lambda: queries.best_scores(board))
    timed("groups of a day published", lambda: group_reports.publish(competition, now=now))
    cache.clear()
    timed("whole dashboard, cold", lambda: queries.dashboard(competition, now=now))
    timed("whole dashboard, warm", lambda: queries.dashboard(competition, now=now))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

"""A draft, and the record of a dry run that it passed, without any box."""

from django.utils import timezone

from competitions.models import Competition, DryRun, Membership, Probe
from competitions.queries.dry_runs import subject_digest
from competitions.status import CompetitionStatus, DryRunStatus, ProbeOutcome, Role
from scoring.probes.variants import VARIANTS
from tests import makers

REASONS = {"worker": "it is started on Monday"}
RMSE = {
    "perfect": 0.0,
    "sample": 2.0,
    "constant": 3.0,
    "random": 5.0,
    "permuted": 4.0,
    "noise_1": 0.1,
    "noise_2": 0.5,
    "noise_3": 1.5,
}


def make_draft(slug: str = "tide-table") -> Competition:
    """A complete contest that nobody sees yet, with an owner, data and a sample submission."""
    competition = makers.make_competition(slug, status=CompetitionStatus.DRAFT, published_at=None)
    Membership.objects.create(competition=competition, user=makers.make_user("owner"), role=Role.OWNER)
    makers.make_data_release(competition)
    competition.tasks.update(sample_submission=makers.make_blob(b"id,y\na,0\n"), sample_submission_name="sample.csv")
    return competition


def make_passed_dry_run(competition: Competition) -> DryRun:
    """As a worker leaves it behind when all is well."""
    now = timezone.now()
    facts = {"splits": {"public": 50, "private": 50}, "notes": [], "leaks": [], "unchecked": []}
    run = DryRun.objects.create(
        competition=competition,
        status=DryRunStatus.DONE,
        asked_at=now,
        started_at=now,
        finished_at=now,
        digest=subject_digest(competition),
        probe_count=13,
        facts={task.key: facts for task in competition.tasks.all()},
    )
    for task in competition.tasks.all():
        of = {"dry_run": run, "scoring_version": task.current_version}
        for key, rmse in RMSE.items():
            scores = {"rmse": rmse, "mae": rmse / 2}
            used = {"wall_seconds": 0.5, "peak_memory_mib": 20.0, "file_bytes": 100}
            accepted = {"expected": "accepted", "outcome": ProbeOutcome.ACCEPTED}
            Probe.objects.create(**of, key=key, public=scores, private=scores, **used, **accepted)
        for one in VARIANTS:
            if one.expected == "refused":
                problem = {"code": "empty_file", "where": "", "params": {}, "message": "The file is empty."}
                refused = {"expected": "refused", "outcome": ProbeOutcome.REFUSED, "problem_count": 1}
                Probe.objects.create(**of, key=one.key, problems=[problem], **refused)
    return run

"""What works for the site, and how much waits for it."""

from dataclasses import dataclass

from competitions.models import Evaluation
from competitions.queries import evaluations, executions
from competitions.status import EvaluationStatus, ExecutionKind


@dataclass(frozen=True, slots=True)
class Queues:
    """How many wait on the whole site: workers are shared by all contests."""

    scorings: int
    trials: int
    runs: int
    running_scorings: int
    running_runs: int


def queues() -> Queues:
    waiting, running = executions.queued(), executions.running()
    return Queues(
        scorings=evaluations.queued().count(),
        trials=waiting.filter(kind=ExecutionKind.TRIAL).count(),
        runs=waiting.filter(kind=ExecutionKind.FULL).count(),
        running_scorings=Evaluation.objects.filter(status=EvaluationStatus.RUNNING).count(),
        running_runs=running.count(),
    )

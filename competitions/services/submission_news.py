"""Word of a submission that is done: at once to those who want it so, and to the contest's webhooks. Never a score."""

from datetime import datetime

from competitions.models import Evaluation, MailSwitch, User
from competitions.services import webhooks
from competitions.services.notices import tell
from competitions.status import EvaluationStatus, MailKind, MailMode, WebhookEvent


def tell_of(evaluation: Evaluation, *, now: datetime) -> None:
    """Once for each evaluation that is scored or refused; part of its transaction. A scoring under a version that is
    not live yet is nobody's news."""
    submission = evaluation.submission
    if evaluation.scoring_version_id != evaluation.scoring_version.task.current_version_id:
        return
    team, is_scored = submission.team, evaluation.status == EvaluationStatus.SCORED
    key = f"submission:{submission.pk}:{evaluation.pk}"
    wanting = MailSwitch.objects.filter(user=submission.user_id, kind=MailKind.SUBMISSIONS, mode=MailMode.EACH).values(
        "user"
    )
    people = User.objects.filter(pk__in=wanting)
    content = {"scored": int(is_scored), "failed": int(not is_scored)}
    if people:
        tell(MailKind.SUBMISSIONS, people, key=key, content=content, now=now, competition=team.competition)
    event = WebhookEvent.SUBMISSION_SCORED if is_scored else WebhookEvent.SUBMISSION_FAILED
    data = {"submission": submission.pk, "team": team.name}
    webhooks.emit(team.competition, event, data, key=key, now=now)

"""What counts at the end: a team's choice among its submissions."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, require_taking_part, submission_of, team_in
from competitions.api.competitions import SLUG
from competitions.api.serializers.final_choices import SelectionSerializer
from competitions.api.submissions import NUMBER
from competitions.api.views import View, documented
from competitions.models import Submission, Team
from competitions.queries.final_choices import Selection, selections
from competitions.services import final_choices

CHOICE: dict[str, Any] = {"request": None, "parameters": [NUMBER]}


class Selections(View):
    @documented({200: SelectionSerializer(many=True)}, 401, 403, 404, operation_id="selections", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """For each phase and task what your team has chosen for the end; nothing where the contest has no choice."""
        team = team_in(request, competition_of(request, slug))
        return Response(SelectionSerializer(_described(team), many=True).data)


class SubmissionChoice(View):
    @documented({200: SelectionSerializer}, 401, 403, 404, 409, operation_id="submission_choose", **CHOICE)
    def put(self, request: Request, number: int) -> Response:
        """Let your submission count at the end. Safe twice. 409 once the deadline has passed or enough are chosen."""
        submission = submission_of(request, number)
        user = require_taking_part(request, submission.phase.competition)
        final_choices.choose(submission, user=user, now=timezone.now())
        return _of(submission)

    @documented({200: SelectionSerializer}, 401, 403, 404, 409, operation_id="submission_take_back", **CHOICE)
    def delete(self, request: Request, number: int) -> Response:
        """Let it count no longer. Safe twice."""
        submission = submission_of(request, number)
        user = require_taking_part(request, submission.phase.competition)
        final_choices.take_back(submission, user=user, now=timezone.now())
        return _of(submission)


def _of(submission: Submission) -> Response:
    place = (submission.phase.key, submission.task.key)
    found = [one for one in _described(submission.team) if (one["phase"], one["task"]) == place]
    return Response(SelectionSerializer(found[0]).data)


def _described(team: Team) -> list[dict[str, Any]]:
    return [_fields(one) for one in selections(team, now=timezone.now())]


def _fields(selection: Selection) -> dict[str, Any]:
    record = selection.record
    return {
        "phase": selection.phase.key,
        "task": selection.task.key,
        "select": selection.limit,
        "chosen": list(selection.chosen),
        "counts": selection.counts,
        "default": selection.default,
        "is_locked": selection.is_locked,
        "ends_at": selection.phase.ends_at,
        "counted": record.counted if record else None,
    }

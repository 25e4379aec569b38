"""Prizes and who has won them; for organisers the audit of winners, for a candidate what it has to hand in."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, team_in
from competitions.api.audit import organised
from competitions.api.competitions import SLUG
from competitions.api.serializers.awards import AwardSerializer, HandInEntrySerializer, WinnerAuditSerializer
from competitions.api.views import View, documented
from competitions.models import Award, HandIn, Rerun, WinnerEntry
from competitions.permissions import can_hand_in
from competitions.queries.awards import AwardedPlace, awarded_places
from competitions.queries.winners import (
    Outlook,
    Row,
    audit_of,
    outlooks,
    own_entries,
    receipt_of,
    reruns_of,
    verdict_of_rerun,
)


class Awards(View):
    @documented({200: AwardSerializer(many=True)}, 401, 404, operation_id="competition_awards", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The prizes; `winners` is null until they are published, and a place that nobody has won has no team."""
        competition = competition_of(request, slug)
        found = awarded_places(competition)
        prizes = competition.awards.select_related("phase", "task", "division")
        rows = [_award(award, None if found is None else found[award.key]) for award in prizes]
        return Response(AwardSerializer(rows, many=True).data)


def _award(award: Award, places: list[AwardedPlace] | None) -> dict[str, Any]:
    told = None if places is None else [{"place": one.place, "team": one.team} for one in places]
    return {**_prize(award), "amount": award.amount, "sponsor": award.sponsor, "winners": told}


def _prize(award: Award) -> dict[str, Any]:
    return {
        "key": award.key,
        "title": award.title,
        "phase": award.phase.key if award.phase else None,
        "task": award.task.key if award.task else None,
        "division": award.division.key,
        "places": award.places,
    }


class Winners(View):
    @documented({200: WinnerAuditSerializer}, 401, 403, 404, operation_id="competition_winners", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """The audit of winners: candidates and reserves of every prize, runs of what they handed in. For organisers."""
        competition = organised(request, slug)
        record = audit_of(competition)
        document = {
            "is_audited": record is not None,
            "opened_at": record.opened_at if record else None,
            "published_at": record.published_at if record else None,
            "awards": [_outlook(one) for one in outlooks(competition)],
        }
        return Response(WinnerAuditSerializer(document).data)


def _outlook(outlook: Outlook) -> dict[str, Any]:
    rows = [_row(row) for row in outlook.rows]
    return {**_prize(outlook.award), "is_decided": outlook.is_decided, "candidates": rows}


def _row(row: Row) -> dict[str, Any]:
    one = row.contender
    return {
        "team": row.team.name,
        "rank": one.rank,
        "place": one.place,
        "state": str(one.standing),
        "is_tied": one.is_tied,
        "submission": row.with_what.submission,
        "due_at": row.entry.due_at if row.entry else None,
        "runs": [_run(rerun) for rerun in reruns_of(row.entry)] if row.entry else [],
    }


def _run(rerun: Rerun) -> dict[str, Any]:
    return {
        "run": rerun.execution_id,
        "version": rerun.hand_in.version,
        "asked_at": rerun.asked_at,
        "verdict": str(verdict_of_rerun(rerun)),
        "report": rerun.report,
    }


class HandIns(View):
    @documented(
        {200: HandInEntrySerializer(many=True)}, 401, 403, 404, operation_id="competition_hand_ins", parameters=[SLUG]
    )
    def get(self, request: Request, slug: str) -> Response:
        """What your team was asked to hand in, until when, and the receipt of every version. It is handed in on the
        site's page, whose address is in the mail."""
        competition = competition_of(request, slug)
        team_in(request, competition)
        entries = own_entries(request.user, competition)
        return Response(HandInEntrySerializer([_entry(request, one) for one in entries], many=True).data)


def _entry(request: Request, entry: WinnerEntry) -> dict[str, Any]:
    versions: list[HandIn] = list(entry.hand_ins.order_by("-version"))
    return {
        "number": entry.pk,
        "submission": entry.submission_id,
        "due_at": entry.due_at,
        "parts": list(entry.audit.rules.required) if entry.submission_id else [],
        "is_open": can_hand_in(request.user, entry, now=timezone.now()),
        "versions": [receipt_of(one) for one in versions],
    }

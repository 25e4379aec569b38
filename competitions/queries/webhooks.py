"""Endpoints and deliveries, for those who organise."""

from django.db.models import QuerySet

from competitions.models import Competition, OutboxItem, WebhookEndpoint
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions

LATEST = 50


def visible_endpoints(user: Visitor) -> QuerySet[WebhookEndpoint]:
    """The set of can_see_endpoint."""
    organised = organised_competitions(user).values("pk")
    return WebhookEndpoint.objects.filter(competition__in=organised).select_related("competition")


def deliveries(user: Visitor, competition: Competition) -> list[OutboxItem]:
    """The latest deliveries of a contest's endpoints, the newest first."""
    endpoints = visible_endpoints(user).filter(competition=competition).values("pk")
    found = OutboxItem.objects.filter(endpoint__in=endpoints).select_related("endpoint")
    return list(found.order_by("-pk")[:LATEST])

"""Workspaces, their revisions, and who may open contests."""

from django.db.models import Q, QuerySet

from competitions.change_rules import ChangeStatus
from competitions.models import Competition, Revision, RevisionApply, User, Workspace
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions
from competitions.status import ApplyStatus


def hosts() -> QuerySet[User]:
    """The set of can_host."""
    return User.objects.filter(Q(is_staff=True) | Q(host__isnull=False), is_active=True)


def visible_workspaces(user: Visitor) -> QuerySet[Workspace]:
    """The set of can_see_workspace."""
    return Workspace.objects.filter(competition__in=organised_competitions(user)).select_related("competition")


def revisions(workspace: Workspace) -> QuerySet[Revision]:
    """The newest first; without their texts, which may be large."""
    return workspace.revisions.select_related("author", "tree").defer("text", "tree__files")


def revision(workspace: Workspace, number: int) -> Revision | None:
    return workspace.revisions.select_related("author", "tree", "workspace__competition").filter(number=number).first()


def newest_revision(workspace: Workspace) -> Revision | None:
    return revision(workspace, workspace.head)


def latest_apply(workspace: Workspace) -> RevisionApply | None:
    return workspace.applies.select_related("revision", "asked_by").first()


def live_revision(competition: Competition) -> Revision | None:
    """The revision that the contest was last made from, where it was made from one."""
    done = RevisionApply.objects.filter(workspace__competition=competition, status=ApplyStatus.DONE)
    done = done.filter(Q(reason={}) | Q(change__status=ChangeStatus.APPLIED))
    newest = done.select_related("revision__tree", "revision__workspace__competition").order_by("-finished_at", "-pk")
    found = newest.first()
    return found.revision if found else None

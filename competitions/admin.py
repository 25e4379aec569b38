"""The operator's view of the records. Reading, and the few repairs that are services; never a way around the rules."""

from typing import TYPE_CHECKING, Any

import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  (registered first, so that it can be taken out again)
from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competitions.models import (
    AuditEvent,
    Board,
    Competition,
    Evaluation,
    OutboxItem,
    Submission,
    Team,
    User,
    WorkerReport,
)
from competitions.services import hosts, outbox, queueing
from competitions.services.moves import IllegalMove, LostClaim

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyUserAdmin = UserAdmin[User]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyUserAdmin = UserAdmin

# Django's own log-in form would ask operators, of all people, for no second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Their forms show secrets (TOTP seeds, session keys) that nobody, operators included, has to read.
admin.site.unregister([Authenticator, UserSession])


@admin.register(User)
class PeopleAdmin(AnyUserAdmin):
    actions = ["allow_hosting", "forbid_hosting"]

    @admin.action(description=_("Let them open contests"), permissions=["change"])
    def allow_hosting(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        count = sum(hosts.allow(user, actor=_operator(request), now=timezone.now()) for user in chosen)
        self.message_user(request, _("%(count)s more people may open contests.") % {"count": count})

    @admin.action(description=_("Let them open no more contests"), permissions=["change"])
    def forbid_hosting(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        count = sum(hosts.forbid(user, actor=_operator(request), now=timezone.now()) for user in chosen)
        self.message_user(request, _("%(count)s people may open no more contests.") % {"count": count})


def _operator(request: HttpRequest) -> User:
    return User.objects.get(username=request.user.get_username())


class ReadOnlyAdmin(AnyModelAdmin):
    """Records that only services change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Competition)
class CompetitionAdmin(ReadOnlyAdmin):
    list_display = ["slug", "status", "time_zone", "published_at"]


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ["name", "competition", "created_at"]
    search_fields = ["name"]


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    list_display = ["pk", "team", "phase", "task", "file_name", "submitted_at"]


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    list_display = ["pk", "submission", "status", "failure_kind", "attempt", "worker", "queued_at", "finished_at"]
    list_filter = ["status", "failure_kind"]
    actions = ["put_back"]

    @admin.action(description=_("Put faults that no contestant caused back into the queue"), permissions=["view"])
    def put_back(self, request: HttpRequest, chosen: QuerySet[Evaluation]) -> None:
        for evaluation in chosen:
            try:
                queueing.retry(evaluation, now=timezone.now())
            except (IllegalMove, LostClaim) as error:
                self.message_user(request, str(error), messages.WARNING)


@admin.register(Board)
class BoardAdmin(ReadOnlyAdmin):
    list_display = ["pk", "phase", "division", "task", "kind", "released_at"]


@admin.register(WorkerReport)
class WorkerReportAdmin(ReadOnlyAdmin):
    list_display = ["worker", "seen_at", "backend", "is_fit"]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "chain", "number", "actor_name", "verb", "subject", "reason"]
    list_filter = ["verb"]
    search_fields = ["actor_name", "subject", "reason"]


@admin.register(OutboxItem)
class OutboxItemAdmin(ReadOnlyAdmin):
    list_display = ["key", "channel", "kind", "status", "attempt", "due_at", "finished_at", "answer_status", "error"]
    list_filter = ["status", "channel", "kind"]
    search_fields = ["key"]
    actions = ["send_again"]

    @admin.action(description=_("Send again what was given up or is uncertain"), permissions=["view"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[OutboxItem]) -> None:
        count = sum(outbox.send_again(item, now=timezone.now()) for item in chosen)
        self.message_user(request, _("%(count)s will be sent again.") % {"count": count})

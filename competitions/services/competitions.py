"""Import a contest: files first, then everything else in one transaction. It is all there afterwards, or nothing is.

Importing the same description again changes nothing. Importing a changed one brings the contest in line with it, but
refuses what would break a promise: rules that somebody accepted, data that were published, places on a board.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.change_rules import Difference
from competitions.models import Competition, FinalChoice, Membership, ScoringVersion, User
from competitions.permissions import can_organise
from competitions.services import (
    audit,
    competition_awards,
    competition_data,
    competition_participation,
    competition_sponsors,
    competition_tasks,
    competition_texts,
)
from competitions.services.competition_changes import Approval, Changes
from competitions.services.competition_files import NormaliseTruth, StoredFiles, store_files
from competitions.services.competition_phases import Phases
from competitions.services.descriptions import CannotImport, CompetitionDescription, Refusal
from competitions.services.program_proofs import TrySample
from competitions.services.scoring_versions import WaitingVersion
from competitions.status import CompetitionStatus, Role
from competitions.store import Store


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `waiting` are scoring versions that are published and not live."""

    competition: Competition
    is_new: bool
    changes: tuple[str, ...]
    waiting: tuple[WaitingVersion, ...]
    differences: tuple[Difference, ...] = ()


def import_competition(
    description: CompetitionDescription,
    *,
    actor: User,
    now: datetime,
    store: Store,
    normalise_truth: NormaliseTruth,
    try_sample: TrySample | None = None,
    draft: bool = False,
    rescore: bool = False,
) -> Competition:
    """import_with_report for those who only want the contest."""
    imported = import_with_report(
        description,
        actor=actor,
        now=now,
        store=store,
        normalise_truth=normalise_truth,
        try_sample=try_sample,
        draft=draft,
        rescore=rescore,
    )
    return imported.competition


def import_with_report(
    description: CompetitionDescription,
    *,
    actor: User,
    now: datetime,
    store: Store,
    normalise_truth: NormaliseTruth,
    try_sample: TrySample | None = None,
    draft: bool = False,
    rescore: bool = False,
) -> Imported:
    """Create or update the contest of this slug. Raises CannotImport with every reason; then nothing was written.

    A new contest is a draft until `launching.launch`; draft: one that everybody sees becomes a draft again.
    rescore: queue existing submissions under a scoring version that this import publishes.
    """
    _check_actor(actor, Competition.objects.filter(slug=description.slug).first())
    files = store_files(description, store=store, normalise_truth=normalise_truth, try_sample=try_sample)
    return _write(description, files, actor=actor, now=now, draft=draft, rescore=rescore)


def plan(
    description: CompetitionDescription, files: StoredFiles, *, actor: User, now: datetime
) -> tuple[Difference, ...]:
    """What an import would make different. Nothing is written. Raises CannotImport like the import itself."""
    with transaction.atomic():
        imported = _write(description, files, actor=actor, now=now, approval=Approval(is_plan=True))
        transaction.set_rollback(True)
    return imported.differences


def apply_approved(
    description: CompetitionDescription,
    files: StoredFiles,
    *,
    actor: User,
    now: datetime,
    versions: Mapping[str, ScoringVersion],
) -> Imported:
    """Import a change that was approved, its scoring versions live. Part of the transaction of whoever applies it."""
    return _write(description, files, actor=actor, now=now, approval=Approval(versions))


def _check_actor(actor: User, competition: Competition | None) -> None:
    if competition is not None and not can_organise(actor, competition):
        text = _("the slug '%(slug)s' belongs to a contest that %(person)s does not organise; choose another")
        raise CannotImport([Refusal(("slug",), text % {"slug": competition.slug, "person": actor})])


@transaction.atomic
def _write(
    description: CompetitionDescription,
    files: StoredFiles,
    *,
    actor: User,
    now: datetime,
    draft: bool = False,
    rescore: bool = False,
    approval: Approval | None = None,
) -> Imported:
    found = Competition.objects.select_for_update().filter(slug=description.slug).first()
    if approval is None or approval.is_plan:  # an approved change was proposed by somebody who organises
        _check_actor(actor, found)
    competition = found or Competition(slug=description.slug, created_at=now)
    changes = Changes(now, approval=approval)
    final_rule_changed = found is not None and _final(found) != _final(description)
    _refuse_broken_promises(competition, description, changes)
    _put_competition(competition, description, changes)
    waiting = _put_parts(
        competition, description, files, changes, final_rule_changed=final_rule_changed, rescore=rescore
    )
    _refuse_unapproved(competition, changes)
    changes.stop_if_refused()
    if draft:
        changes.put(competition, "contest", status=CompetitionStatus.DRAFT)
    if found is None:
        Membership.objects.create(competition=competition, user=actor, role=Role.OWNER, since=now, given_by=actor)
    if changes.made:
        _leave_a_trace(competition, actor, changes, is_new=found is None)
    return Imported(competition, found is None, tuple(changes.made), waiting, tuple(changes.differences))


def _refuse_unapproved(competition: Competition, changes: Changes) -> None:
    """Once people take part, what decides the contest is changed by a proposal that a second person approves. A
    contest that was hidden again has been launched all the same."""
    if competition.published_at is None or changes.approval is not None:
        return
    if changes.differences and competition.change_requests.filter(status__in=["approved", "applying"]).exists():
        changes.refuse(
            (), _("a change of this contest was approved and is being applied; import again when it is in force")
        )
    guarded = sorted(
        {f"{one.noun} {one.key}: {one.field or _('added or removed')}" for one in changes.differences if one.is_guarded}
    )
    if guarded:
        text = _(
            "the contest is launched, and this would change what decides it (%(changes)s); propose it with "
            "manage.py import_competition DIR --propose --owner USERNAME --reason TEXT; a second person approves it"
        )
        changes.refuse((), text % {"changes": "; ".join(guarded)})


def _final(rules: Competition | CompetitionDescription) -> tuple[str, int, str]:
    """What decides which submission counts at the end."""
    return rules.final_rule, rules.final_select, rules.final_counts


def _refuse_broken_promises(competition: Competition, description: CompetitionDescription, changes: Changes) -> None:
    """Teams are what they are, and what they have chosen stays chosen."""
    if competition.pk is None:
        return
    largest = competition.teams.annotate(size=Count("members")).aggregate(largest=Max("size"))["largest"] or 1
    if description.team_max_size < largest:
        text = ngettext(
            "a team has %(count)s member; 'max_size' must stay at least %(count)s",
            "a team has %(count)s members; 'max_size' must stay at least %(count)s",
            largest,
        )
        changes.refuse(("teams", "max_size"), text % {"count": largest})
    place = ("submission__team", "submission__phase", "submission__task")
    choices = FinalChoice.objects.filter(submission__team__competition=competition).order_by()
    most = choices.values(*place).annotate(count=Count("pk")).aggregate(most=Max("count"))["most"] or 0
    if description.final_select < most:
        text = _("a team has chosen %(count)s; 'select' must stay at least %(count)s")
        changes.refuse(("final", "select"), text % {"count": most})


def _put_competition(competition: Competition, description: CompetitionDescription, changes: Changes) -> None:
    changes.put(
        competition,
        "contest",
        title=dict(description.title),
        description=dict(description.description),
        host=dict(description.host),
        reward=dict(description.reward),
        tags=list(description.tags),
        contact_email=description.contact_email,
        time_zone=description.time_zone,
        final_rule=description.final_rule,
        final_select=description.final_select,
        final_counts=description.final_counts,
        team_max_size=description.team_max_size,
        team_deadline=description.team_deadline,
    )


def _put_parts(
    competition: Competition,
    description: CompetitionDescription,
    files: StoredFiles,
    changes: Changes,
    *,
    final_rule_changed: bool,
    rescore: bool,
) -> tuple[WaitingVersion, ...]:
    """The parts that others point at come first and go last."""
    competition_texts.put_pages(competition, description.pages, changes)
    competition_texts.put_terms(competition, description, changes)
    competition_participation.put_participation(competition, description, changes)
    competition_sponsors.put_sponsors(competition, description.sponsors, files.logos, changes)
    competition_data.put_releases(competition, description.data, files.data, changes)
    divisions = competition_texts.put_divisions(competition, description.divisions, changes)
    put = competition_tasks.put_tasks(competition, description.tasks, files.tasks, changes, rescore=rescore)
    Phases(competition, description, put.tasks, divisions, final_rule_changed, changes).put()
    competition_awards.put_awards(competition, description, changes)
    changes.stop_if_refused()  # what is removed next may still be pointed at by what was refused
    competition_tasks.remove_left_tasks(competition, put.tasks, changes)
    competition_texts.remove_left_divisions(competition, divisions, changes)
    return put.waiting


def _leave_a_trace(competition: Competition, actor: User, changes: Changes, *, is_new: bool) -> None:
    audit.note(
        "competition.imported" if is_new else "competition.changed" if changes.approval else "competition.updated",
        now=changes.now,
        actor=actor,
        competition=competition,
        subject=competition.slug,
        detail={"changes": changes.made},
    )

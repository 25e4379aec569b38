"""A contest's workspace: opening a contest, saving revisions, handing one over to become the contest.

A revision is written once. Two organisers who save at once compete for the workspace's head by compare-and-set: one of
them is told what the other saved, and nothing is overwritten. Going back is a new revision that says what an old one
said.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from competitions.models import Competition, FileTree, Membership, Revision, RevisionApply, User, Workspace
from competitions.permissions import can_host
from competitions.services import audit
from competitions.services.hints import wake_after_commit
from competitions.status import UNFINISHED_APPLIES, ApplyStatus, CompetitionStatus, RevisionKind, Role
from competitions.store import StoredFile

Files = Mapping[str, StoredFile]
MAX_MESSAGE: int = Revision._meta.get_field("message").max_length or 200
APPLY_TASK, APPLY_QUEUE = "competitions.tasks.apply_revisions", "evaluations"


class NotAHost(Exception):
    """No operator has allowed this person to open contests."""


class SlugTaken(Exception):
    """A contest of this name exists, whether the person sees it or not."""


class Overtaken(Exception):
    """Somebody saved another revision meanwhile; `newest` is theirs."""

    def __init__(self, newest: Revision) -> None:
        who = newest.author.get_username() if newest.author else "?"
        text = _("%(who)s saved revision %(number)s while you wrote; nothing was overwritten.")
        super().__init__(text % {"who": who, "number": newest.number})
        self.newest = newest


class CannotSubmit(Exception):
    """The revision cannot be handed over now; the message says why."""


class NeedsChangeControl(CannotSubmit):
    """The contest is or was published: its changes go through change control."""


@dataclass(frozen=True, slots=True)
class NewContest:
    """What a contest needs to have a name; everything else is written in its workspace."""

    slug: str
    title: Mapping[str, str]
    time_zone: str
    contact_email: str


@transaction.atomic
def open_contest(new: NewContest, *, text: str, actor: User, now: datetime) -> Competition:
    """An empty draft that `actor` owns, with a workspace whose first revision is `text`. Raises NotAHost, SlugTaken."""
    if not can_host(actor):
        raise NotAHost(_("Ask an operator of this site to let you open contests."))
    competition = _named(new, now)
    Membership.objects.create(competition=competition, user=actor, role=Role.OWNER)
    audit.note("competition.opened", now=now, actor=actor, competition=competition, subject=new.slug)
    workspace = Workspace.objects.create(competition=competition)
    save_revision(workspace, base=0, text=text, files={}, kind=RevisionKind.STARTED, author=actor, now=now)
    return competition


def _named(new: NewContest, now: datetime) -> Competition:
    fields = {"title": dict(new.title), "time_zone": new.time_zone, "contact_email": new.contact_email}
    try:
        with transaction.atomic():
            return Competition.objects.create(slug=new.slug, created_at=now, **fields)
    except IntegrityError:
        text = _("There is a contest “%(slug)s” already; choose another name for its address.")
        raise SlugTaken(text % {"slug": new.slug}) from None


def workspace_of(competition: Competition) -> Workspace:
    """The contest's workspace; an empty one for a contest that was imported before there were any."""
    return Workspace.objects.get_or_create(competition=competition)[0]


# -- revisions --------------------------------------------------------------------------------------------------------


def files_of(revision: Revision) -> dict[str, StoredFile]:
    return {name: StoredFile(*known) for name, known in revision.tree.files.items()}


@transaction.atomic
def save_revision(
    workspace: Workspace,
    *,
    base: int,
    text: str,
    files: Files,
    kind: RevisionKind,
    author: User | None,
    now: datetime,
    message: str = "",
) -> Revision:
    """The revision after `base`. One that would say the same as the newest is not made again. Raises Overtaken."""
    head = workspace.revisions.select_related("tree", "author").first()
    tree = _tree(files)
    if head is not None and (head.text, head.tree_id) == (text, tree.pk):
        return head
    if not Workspace.objects.filter(pk=workspace.pk, head=base).update(head=base + 1):
        raise Overtaken(workspace.revisions.select_related("tree", "author").first() or _nothing(workspace))
    workspace.head = base + 1
    fields = {"kind": kind, "author": author, "created_at": now, "message": message[:MAX_MESSAGE]}
    return Revision.objects.create(workspace=workspace, number=base + 1, text=text, tree=tree, **fields)


def _nothing(workspace: Workspace) -> Revision:
    return Revision(workspace=workspace, number=0)


def _tree(files: Files) -> FileTree:
    known = {name: [files[name].sha256, files[name].size_bytes] for name in sorted(files)}
    digest = hashlib.sha256(json.dumps(known, ensure_ascii=False).encode()).hexdigest()
    return FileTree.objects.get_or_create(digest=digest, defaults={"files": known})[0]


@transaction.atomic
def restore(workspace: Workspace, old: Revision, *, base: int, actor: User, now: datetime) -> Revision:
    """A new revision that says what an old one said. Raises Overtaken."""
    message = _("as revision %(number)s") % {"number": old.number}
    restored = save_revision(
        workspace,
        base=base,
        text=old.text,
        files=files_of(old),
        kind=RevisionKind.RESTORED,
        author=actor,
        now=now,
        message=message,
    )
    detail = {"restored": old.number, "as": restored.number}
    _note("workspace.restored", workspace, actor=actor, now=now, detail=detail)
    return restored


def note_hidden_export(workspace: Workspace, revision: Revision, *, actor: User, now: datetime) -> None:
    """Somebody takes the truth along: the log says who and when."""
    _note("workspace.exported_with_truth", workspace, actor=actor, now=now, detail={"revision": revision.number})


def note_hidden_file(workspace: Workspace, name: str, sha256: str, *, actor: User, now: datetime) -> None:
    detail = {"file": name, "sha256": sha256}
    _note("workspace.hidden_file_read", workspace, actor=actor, now=now, detail=detail)


def _note(verb: str, workspace: Workspace, *, actor: User, now: datetime, detail: Mapping[str, object]) -> None:
    competition = workspace.competition
    audit.note(verb, now=now, actor=actor, competition=competition, subject=competition.slug, detail=detail)


# -- becoming the contest ---------------------------------------------------------------------------------------------


def needs_change_control(competition: Competition) -> bool:
    """People rely on what was published once, whatever became of it since."""
    return competition.status == CompetitionStatus.PUBLISHED or competition.published_at is not None


def submit_revision(
    revision: Revision, *, actor: User, now: datetime, reason: Mapping[str, str] | None = None
) -> RevisionApply:
    """Hand a revision over to become the contest, by a worker that examines it in boxes: a draft's at once, that of a
    contest which was published as a proposal that a second person decides on.

    The one door from a workspace to its contest. Raises NeedsChangeControl where such a proposal has no reason, and
    CannotSubmit while another revision is on its way.
    """
    competition = revision.workspace.competition
    if needs_change_control(competition) and not reason:
        text = _("This contest was published. Its changes need a reason and a second person.")
        raise NeedsChangeControl(text)
    try:
        with transaction.atomic():
            asked = RevisionApply.objects.create(
                workspace=revision.workspace,
                revision=revision,
                asked_by=actor,
                asked_at=now,
                reason=dict(reason) if reason and needs_change_control(competition) else {},
            )
            detail = {"revision": revision.number}
            _note("workspace.submitted", revision.workspace, actor=actor, now=now, detail=detail)
            wake_after_commit(APPLY_TASK, APPLY_QUEUE)
            return asked
    except IntegrityError:
        raise CannotSubmit(_("Another revision is being examined; wait until that is done.")) from None


def wake_if_waiting() -> None:
    if RevisionApply.objects.filter(status__in=UNFINISHED_APPLIES).exists():
        wake_after_commit(APPLY_TASK, APPLY_QUEUE)


def note_live(revision: Revision, *, actor: User, now: datetime) -> None:
    """The contest was made from this revision by other means than submit_revision: an operator's command."""
    RevisionApply.objects.create(
        workspace=revision.workspace,
        revision=revision,
        asked_by=actor,
        asked_at=now,
        status=ApplyStatus.DONE,
        finished_at=now,
    )

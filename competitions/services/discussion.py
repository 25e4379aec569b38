"""Writing in a contest's discussion, and keeping it in order."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.markdown import render
from competitions.models import Competition, Post, PostReport, PostVersion, Topic, TopicRead, User
from competitions.permissions import can_organise, can_write_in_discussion
from competitions.queries.discussion import organisers_of
from competitions.services import audit, webhooks
from competitions.services.notices import tell
from competitions.status import MailKind, WebhookEvent

MAX_TITLE_CHARACTERS = 150
MAX_TEXT_CHARACTERS = 20_000
MAX_REASON_CHARACTERS = 300
EDIT_WITHIN = timedelta(minutes=30)
SAME_CLICK = timedelta(minutes=2)  # the same words again within this are the same click
TOPICS_AN_HOUR = 5
POSTS_IN_TEN_MINUTES = 10


class NotAllowed(Exception):
    """This person may not do this here; the message says why."""


class InvalidPost(Exception):
    """A title, text or reason is empty or too long."""


class TooMany(Exception):
    """More than a person writes by hand; the message says when to go on."""


# -- writing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_topic(*, user: User, competition: Competition, title: str, text: str, now: datetime) -> Topic:
    """A topic with its first post. Safe twice: the same click gives the same topic."""
    _require_writer(user, competition)
    title, text = _clean(" ".join(title.split()), MAX_TITLE_CHARACTERS), _clean(text, MAX_TEXT_CHARACTERS)
    _take_turn(user)
    earlier = Topic.objects.filter(competition=competition, author=user, title=title, created_at__gt=now - SAME_CLICK)
    if same := earlier.first():
        return same
    _require_pace(user, competition, now)
    topic = Topic.objects.create(competition=competition, title=title, author=user, created_at=now, last_post_at=now)
    post = _write(topic, user, text, now, is_first=True)
    mark_read(user, topic, up_to=post.pk)
    webhooks.emit(competition, WebhookEvent.TOPIC_CREATED, {"topic": topic.pk}, key=f"topic-{topic.pk}", now=now)
    return topic


@transaction.atomic
def reply(*, user: User, topic: Topic, text: str, now: datetime) -> Post:
    """Safe twice: the same click gives the same post."""
    competition = topic.competition
    _require_writer(user, competition)
    text = _clean(text, MAX_TEXT_CHARACTERS)
    _take_turn(user)
    topic = Topic.objects.select_for_update(of=("self",)).select_related("author").get(pk=topic.pk)
    if topic.is_locked and not can_organise(user, competition):
        raise NotAllowed(_("This topic is locked; nobody replies to it any more."))
    if same := topic.posts.filter(author=user, text=text, created_at__gt=now - SAME_CLICK).first():
        return same
    _require_pace(user, competition, now)
    post = _write(topic, user, text, now)
    if topic.author is not None and topic.author != user:
        content = {"topic": topic.pk, "title": topic.title, "author": user.get_username()}
        key = f"reply:{post.pk}"
        tell(MailKind.REPLY, [topic.author], key=key, content=content, now=now, competition=competition)
    mark_read(user, topic, up_to=post.pk)
    return post


def _require_writer(user: User, competition: Competition) -> None:
    if not can_write_in_discussion(user, competition):
        raise NotAllowed(_("Only those who take part in this contest, and its organisers, write here."))


def _clean(text: str, most: int) -> str:
    text = text.strip().replace("\r\n", "\n").replace("\0", "")
    if not 1 <= len(text) <= most:
        raise InvalidPost(
            _("Write 1 to %(max)s characters; these are %(length)s.") % {"max": most, "length": len(text)}
        )
    return text


def _take_turn(user: User) -> None:
    """One at a time for each person, so that two clicks at once see each other."""
    User.objects.select_for_update().get(pk=user.pk)


def _require_pace(user: User, competition: Competition, now: datetime) -> None:
    """Organisers answer as fast as they can."""
    if can_organise(user, competition):
        return
    recent = Post.objects.filter(author=user)
    if recent.filter(created_at__gt=now - timedelta(minutes=10)).count() >= POSTS_IN_TEN_MINUTES:
        raise TooMany(
            _("You wrote %(count)s posts in 10 minutes; go on a little later.") % {"count": POSTS_IN_TEN_MINUTES}
        )
    topics = recent.filter(is_first=True, created_at__gt=now - timedelta(hours=1)).count()
    if topics >= TOPICS_AN_HOUR:
        raise TooMany(_("You opened %(count)s topics within an hour; go on a little later.") % {"count": topics})


def _write(topic: Topic, user: User, text: str, now: datetime, *, is_first: bool = False) -> Post:
    post = Post.objects.create(
        topic=topic, author=user, text=text, html=render(text), is_first=is_first, created_at=now
    )
    _refresh(topic)
    return post


def _refresh(topic: Topic) -> None:
    """What the list shows of a topic, from the posts that stand."""
    standing = topic.posts.filter(deleted_at=None, hidden_at=None)
    last, first = standing.order_by("pk").last(), topic.posts.get(is_first=True)
    topic.post_count = standing.count()
    topic.is_hidden = first.hidden_at is not None or last is None
    if last is not None:
        topic.last_post_at, topic.last_post_number = last.created_at, last.pk
    topic.save(update_fields=["post_count", "is_hidden", "last_post_at", "last_post_number"])


@transaction.atomic
def edit(post: Post, *, user: User, text: str, now: datetime) -> Post:
    """Other words for one's own post, for half an hour; what it said before is kept."""
    found = _locked(post)
    if not can_edit(user, found, now=now):
        raise NotAllowed(_("You can edit your own posts, for 30 minutes after writing."))
    _require_writer(user, found.topic.competition)
    text = _clean(text, MAX_TEXT_CHARACTERS)
    if text == found.text:
        return found
    PostVersion.objects.create(post=found, text=found.text, html=found.html, replaced_at=now)
    found.text, found.html, found.edited_at = text, render(text), now
    found.save(update_fields=["text", "html", "edited_at"])
    return found


def can_edit(user: User, post: Post, *, now: datetime) -> bool:
    return post.author_id == user.pk and not post.is_taken_away and now <= post.created_at + EDIT_WITHIN


def _locked(post: Post) -> Post:
    """Topic first, then post, always in this order."""
    Topic.objects.select_for_update().get(pk=post.topic_id)
    return Post.objects.select_for_update(of=("self",)).select_related("topic__competition").get(pk=post.pk)


@transaction.atomic
def delete(post: Post, *, user: User, now: datetime) -> Post:
    """The author takes a post away; its place stays. Safe twice."""
    found = _locked(post)
    if found.author_id != user.pk:
        raise NotAllowed(_("You can delete your own posts only."))
    if found.deleted_at is None:
        found.deleted_at = now
        found.save(update_fields=["deleted_at"])
        _refresh(found.topic)
    return found


def mark_read(user: User, topic: Topic, *, up_to: int) -> None:
    """Never backwards."""
    read, is_new = TopicRead.objects.get_or_create(topic=topic, user=user, defaults={"up_to": up_to})
    if not is_new and read.up_to < up_to:
        TopicRead.objects.filter(pk=read.pk, up_to__lt=up_to).update(up_to=up_to)


# -- reports ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def report(post: Post, *, user: User, reason: str, now: datetime) -> PostReport:
    """Once for each person and post; the organisers are told of the first."""
    found = _locked(post)
    reason = _clean(reason, MAX_REASON_CHARACTERS)
    first = not found.reports.filter(handled_at=None).exists()
    made, is_new = PostReport.objects.get_or_create(post=found, reporter=user, defaults={"reason": reason, "at": now})
    if is_new and first:
        content = {"topic": found.topic_id, "title": found.topic.title, "reason": reason}
        competition = found.topic.competition
        people = organisers_of(competition)
        tell(MailKind.MODERATION, people, key=f"report:{made.pk}", content=content, now=now, competition=competition)
    return made


# -- the organisers' part ---------------------------------------------------------------------------------------------


@transaction.atomic
def hide(post: Post, *, actor: User, reason: str, now: datetime) -> Post:
    """Take a post out of everybody's sight, with a reason that its place shows. Safe twice."""
    found = _moderated(post, actor)
    reason = _clean(reason, MAX_REASON_CHARACTERS)
    if found.hidden_at is None:
        found.hidden_at, found.hidden_reason = now, reason
        found.save(update_fields=["hidden_at", "hidden_reason"])
        _handled(found, actor, "post hidden", reason, now)
    return found


@transaction.atomic
def restore(post: Post, *, actor: User, reason: str, now: datetime) -> Post:
    """Show a hidden post again, or say of a reported one that it may stay. Safe twice."""
    found = _moderated(post, actor)
    reason = _clean(reason, MAX_REASON_CHARACTERS)
    was_reported = found.reports.filter(handled_at=None).exists()
    if found.hidden_at is not None or was_reported:
        verb = "reported post left to stand" if found.hidden_at is None else "post restored"
        found.hidden_at, found.hidden_reason = None, ""
        found.save(update_fields=["hidden_at", "hidden_reason"])
        _handled(found, actor, verb, reason, now)
    return found


def _moderated(post: Post, actor: User) -> Post:
    found = _locked(post)
    if not can_organise(actor, found.topic.competition):
        raise NotAllowed(_("This is for the contest's organisers."))
    return found


def _handled(post: Post, actor: User, verb: str, reason: str, now: datetime) -> None:
    post.reports.filter(handled_at=None).update(handled_at=now)
    _refresh(post.topic)
    contest = post.topic.competition
    audit.note(verb, now=now, actor=actor, competition=contest, subject=f"post {post.pk}", reason=reason)


@transaction.atomic
def set_official(post: Post, *, actor: User, is_official: bool, now: datetime) -> None:
    """Mark the answer that counts. Safe twice."""
    found = _moderated(post, actor)
    if Post.objects.filter(pk=found.pk, is_official=not is_official).update(is_official=is_official):
        verb = "official answer marked" if is_official else "official answer unmarked"
        audit.note(verb, now=now, actor=actor, competition=found.topic.competition, subject=f"post {found.pk}")


@transaction.atomic
def set_topic(
    topic: Topic,
    *,
    actor: User,
    now: datetime,
    is_pinned: bool | None = None,
    is_locked: bool | None = None,
) -> None:
    """Pin or lock, or undo it. Safe twice."""
    found = Topic.objects.select_for_update(of=("self",)).select_related("competition").get(pk=topic.pk)
    if not can_organise(actor, found.competition):
        raise NotAllowed(_("This is for the contest's organisers."))
    wanted = {name: value for name, value in (("is_pinned", is_pinned), ("is_locked", is_locked)) if value is not None}
    before = {name: getattr(found, name) for name in wanted}
    if wanted == before:
        return
    Topic.objects.filter(pk=found.pk).update(**wanted)
    audit.note(
        "topic changed",
        now=now,
        actor=actor,
        competition=found.competition,
        subject=f"topic {found.pk}",
        before=before,
        after=wanted,
    )


@transaction.atomic
def set_forum(competition: Competition, *, actor: User, is_on: bool, now: datetime) -> None:
    """Open or close the discussion of a contest; nothing is lost. Safe twice."""
    if Competition.objects.filter(pk=competition.pk, has_forum=not is_on).update(has_forum=is_on):
        verb = "discussion opened" if is_on else "discussion closed"
        audit.note(verb, now=now, actor=actor, competition=competition)

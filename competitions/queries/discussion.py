"""The discussion as a person sees it. Lists go on from a cursor, so a page costs the same however far down it is."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from competitions.models import Competition, Membership, Post, PostReport, Topic, TopicRead, User
from competitions.permissions import ORGANISING_ROLES, Visitor, is_operator
from competitions.queries.competitions import organised_competitions, visible_competitions

TOPICS_ON_A_PAGE = 30
POSTS_ON_A_PAGE = 30


@dataclass(frozen=True, slots=True)
class TopicRow:
    topic: Topic
    is_unread: bool


@dataclass(frozen=True, slots=True)
class TopicPage:
    rows: list[TopicRow]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class PostPage:
    posts: list[Post]
    next_after: int | None


def visible_topics(user: Visitor) -> QuerySet[Topic]:
    """The set of can_see_topic."""
    readable = Q(competition__in=visible_competitions(user).filter(has_forum=True).values("pk"), is_hidden=False)
    return Topic.objects.filter(readable | Q(competition__in=organised_competitions(user).values("pk")))


def visible_posts(user: Visitor) -> QuerySet[Post]:
    """The set of can_see_post: what was taken away is for those who organise."""
    topics = visible_topics(user).values("pk")
    organised = Topic.objects.filter(competition__in=organised_competitions(user).values("pk")).values("pk")
    stands = Q(deleted_at=None, hidden_at=None)
    return Post.objects.filter(Q(topic__in=topics) & stands | Q(topic__in=organised))


def topic_page(user: Visitor, competition: Competition, *, cursor: str = "", size: int = TOPICS_ON_A_PAGE) -> TopicPage:
    """Pinned first, then by the last post. A cursor that cannot be read begins at the top."""
    topics = visible_topics(user).filter(competition=competition).select_related("author")
    start = _decode(cursor)
    if start is not None:
        topics = topics.filter(_behind(*start))
    if user.is_authenticated:
        read = TopicRead.objects.filter(topic=OuterRef("pk"), user=user).values("up_to")[:1]
        topics = topics.annotate(read_up_to=Subquery(read))
    found = list(topics.order_by("-is_pinned", "-last_post_at", "-pk")[: size + 1])
    rows = [TopicRow(topic, _is_unread(topic, user)) for topic in found[:size]]
    return TopicPage(rows, _encode(rows[-1].topic) if len(found) > size else "")


def _is_unread(topic: Topic, user: Visitor) -> bool:
    return user.is_authenticated and (getattr(topic, "read_up_to", None) or 0) < topic.last_post_number


def _behind(is_pinned: bool, at: datetime, number: int) -> Q:
    same = Q(is_pinned=is_pinned)
    later = same & (Q(last_post_at__lt=at) | Q(last_post_at=at, pk__lt=number))
    return later | Q(is_pinned=False) if is_pinned else later


def _encode(topic: Topic) -> str:
    """Readable: it holds what the page showed."""
    return f"{int(topic.is_pinned)}_{topic.last_post_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}_{topic.pk}"


def _decode(cursor: str) -> tuple[bool, datetime, int] | None:
    pinned, _, rest = cursor.partition("_")
    at, _, number = rest.partition("_")
    if pinned not in {"0", "1"} or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    try:
        return pinned == "1", datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(number)
    except ValueError:
        return None


def post_page(topic: Topic, *, after: int = 0, size: int = POSTS_ON_A_PAGE) -> PostPage:
    """Of a topic that the person may see, in the order of writing; what was taken away among them keeps its place."""
    found = list(topic.posts.filter(pk__gt=after).select_related("author").order_by("pk")[: size + 1])
    return PostPage(found[:size], found[size - 1].pk if len(found) > size else None)


def organisers_among(competition: Competition, posts: list[Post]) -> set[int]:
    """Whose posts bear the organiser's badge."""
    authors = {post.author_id for post in posts if post.author_id}
    working = Membership.objects.filter(competition=competition, user__in=authors, role__in=ORGANISING_ROLES)
    return set(working.values_list("user", flat=True))


def organisers_of(competition: Competition) -> QuerySet[User]:
    working = competition.memberships.filter(role__in=ORGANISING_ROLES).values("user")
    return User.objects.filter(pk__in=working, is_active=True)


def reported_posts(user: Visitor, competition: Competition) -> QuerySet[Post]:
    """The queue of those who moderate: posts with reports that nobody has handled, the most reported first."""
    open_reports = PostReport.objects.filter(handled_at=None, post__topic__competition=competition).values("post")
    posts = visible_posts(user).filter(pk__in=open_reports, topic__competition=competition)
    if not is_operator(user):
        posts = posts.filter(topic__competition__in=organised_competitions(user).values("pk"))
    counted = posts.annotate(open_reports=Count("reports", filter=Q(reports__handled_at=None)))
    return counted.select_related("topic", "author").prefetch_related("reports").order_by("-open_reports", "pk")


def hidden_posts(user: Visitor, competition: Competition) -> QuerySet[Post]:
    posts = visible_posts(user).filter(topic__competition=competition, hidden_at__isnull=False)
    return posts.select_related("topic", "author").order_by("-hidden_at", "-pk")

"""The discussion's pages: topics, one topic, editing, and the organisers' queue."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.models import Post, Topic
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, find_organised, render_contest
from competitions.pages.forms_talking import PostForm, TopicForm
from competitions.permissions import can_write_in_discussion
from competitions.queries.discussion import (
    hidden_posts,
    organisers_among,
    post_page,
    reported_posts,
    topic_page,
    visible_posts,
    visible_topics,
)
from competitions.services import discussion
from competitions.services.discussion import InvalidPost, NotAllowed, TooMany

Refused = (InvalidPost, NotAllowed, TooMany)


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as this person sees it."""

    post: Post
    is_organisers: bool
    is_own: bool
    can_edit: bool


@require_safe
def topic_list(request: HttpRequest, slug: str) -> HttpResponse:
    contest = _find(request, slug)
    page = topic_page(request.user, contest.competition, cursor=request.GET.get("after", ""))
    can_write = can_write_in_discussion(request.user, contest.competition)
    return render_contest(contest, "pages/topics.html", tab="discussion", page=page, can_write=can_write)


def _find(request: HttpRequest, slug: str) -> Contest:
    """A discussion that is switched off is there for nobody but its organisers."""
    contest = find_contest(request, slug)
    if not contest.competition.has_forum and not contest.can_organise:
        raise Http404(_("This contest has no discussion."))
    return contest


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def topic_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest = _find(request, slug)
    form = TopicForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            topic = discussion.open_topic(
                user=person(request), competition=contest.competition, now=contest.now, **fields
            )
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect("pages:topic", slug, topic.pk)
    can_write = can_write_in_discussion(request.user, contest.competition)
    status = 400 if form.errors else 200
    return render_contest(
        contest, "pages/topic_new.html", tab="discussion", status=status, form=form, can_write=can_write
    )


@require_http_methods(["GET", "HEAD", "POST"])
def topic(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """GET reads on from `after`; POST replies."""
    contest = _find(request, slug)
    found = get_object_or_404(visible_topics(request.user), competition=contest.competition, pk=number)
    if request.method == "POST":
        return _reply(contest, found)
    return _topic(contest, found, PostForm())


@login_needed
def _reply_as_somebody(request: HttpRequest, contest: Contest, found: Topic) -> HttpResponseBase:
    form = PostForm(request.POST)
    if form.is_valid():
        try:
            post = discussion.reply(user=person(request), topic=found, text=form.cleaned_data["text"], now=contest.now)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect(_place(contest, post))
    return _topic(contest, found, form)


def _reply(contest: Contest, found: Topic) -> HttpResponseBase:
    return _reply_as_somebody(contest.request, contest, found)


def _place(contest: Contest, post: Post) -> str:
    """The page of the topic that begins with this post."""
    slug = contest.competition.slug
    address = f"/competitions/{slug}/discussion/{post.topic_id}/"
    return f"{address}#post-{post.pk}" if post.is_first else f"{address}?after={post.pk - 1}#post-{post.pk}"


def _topic(contest: Contest, found: Topic, form: PostForm) -> HttpResponse:
    request = contest.request
    page = post_page(found, after=_number(request.GET.get("after", "")))
    if request.user.is_authenticated and page.posts:
        discussion.mark_read(person(request), found, up_to=page.posts[-1].pk)
    badges = organisers_among(contest.competition, page.posts)
    return render_contest(
        contest,
        "pages/topic.html",
        tab="discussion",
        status=400 if form.errors else 200,
        topic=found,
        rows=[_row(contest, post, badges) for post in page.posts],
        next_after=page.next_after,
        form=form,
        can_write=can_write_in_discussion(request.user, contest.competition),
    )


def _row(contest: Contest, post: Post, badges: set[int]) -> PostRow:
    user = contest.request.user
    is_own = user.is_authenticated and post.author_id == user.pk
    can_edit = user.is_authenticated and discussion.can_edit(person(contest.request), post, now=contest.now)
    return PostRow(post, post.author_id in badges, is_own, can_edit)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _post(contest: Contest, number: int) -> Post:
    return get_object_or_404(visible_posts(contest.request.user), topic__competition=contest.competition, pk=number)


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def post_edit(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest = _find(request, slug)
    found = get_object_or_404(
        visible_posts(request.user), topic__competition=contest.competition, pk=number, author=person(request)
    )
    form = PostForm(request.POST or None, initial={"text": found.text})
    if request.method == "POST" and form.is_valid():
        try:
            discussion.edit(found, user=person(request), text=form.cleaned_data["text"], now=contest.now)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return redirect(_place(contest, found))
    status = 400 if form.errors else 200
    return render_contest(contest, "pages/post_edit.html", tab="discussion", status=status, form=form, post=found)


@require_POST
@login_needed
def post_act(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """delete, report; for organisers hide, restore, official, unofficial: as the button says."""
    contest = _find(request, slug)
    found, user, now = _post(contest, number), person(request), contest.now
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    try:
        if act == "delete":
            discussion.delete(found, user=user, now=now)
        elif act == "report":
            discussion.report(found, user=user, reason=reason, now=now)
            messages.success(request, _("Thank you. The organisers will look at it."))
        elif act == "hide":
            discussion.hide(found, actor=user, reason=reason, now=now)
        elif act == "restore":
            discussion.restore(found, actor=user, reason=reason, now=now)
        elif act in {"official", "unofficial"}:
            discussion.set_official(found, actor=user, is_official=act == "official", now=now)
    except Refused as error:
        messages.error(request, str(error))
    return redirect(_after_act(contest, found))


def _after_act(contest: Contest, post: Post) -> str:
    """Back to the queue for those who came from it; to the list where the topic is gone with its post."""
    slug = contest.competition.slug
    if contest.request.POST.get("next") == "moderation" and contest.can_organise:
        return f"/competitions/{slug}/organiser/moderation/"
    if not visible_topics(contest.request.user).filter(pk=post.topic_id).exists():
        return f"/competitions/{slug}/discussion/"
    return _place(contest, post)


# -- for organisers ---------------------------------------------------------------------------------------------------


@require_POST
@login_needed
def topic_act(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """pin, unpin, lock, unlock."""
    contest = find_organised(request, slug)
    found = get_object_or_404(visible_topics(request.user), competition=contest.competition, pk=number)
    changes = {
        "pin": {"is_pinned": True},
        "unpin": {"is_pinned": False},
        "lock": {"is_locked": True},
        "unlock": {"is_locked": False},
    }
    wanted = changes.get(request.POST.get("act", ""), {})
    discussion.set_topic(found, actor=person(request), now=contest.now, **wanted)
    return redirect("pages:topic", slug, number)


@require_safe
@login_needed
def moderation(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    return render_contest(
        contest,
        "pages/moderation.html",
        tab="organiser",
        reported=reported_posts(request.user, contest.competition),
        hidden=hidden_posts(request.user, contest.competition)[:50],
    )


@require_POST
@login_needed
def forum_switch(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest = find_organised(request, slug)
    is_on = request.POST.get("is_on") == "1"
    discussion.set_forum(contest.competition, actor=person(request), is_on=is_on, now=contest.now)
    return redirect("pages:moderation", slug)

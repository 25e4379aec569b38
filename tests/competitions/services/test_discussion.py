"""The discussion: who writes, what stays readable, what organisers take away, and that no text becomes a program."""

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from competitions.markdown import TAGS
from competitions.models import AuditEvent, Notice, Post, PostVersion, Topic
from competitions.queries.discussion import post_page, reported_posts, topic_page
from competitions.services import discussion
from competitions.services.discussion import InvalidPost, NotAllowed, TooMany
from competitions.status import CompetitionStatus, MailKind
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def topic(contestant, competition, now):
    return discussion.open_topic(
        user=contestant, competition=competition, title="A  leak?", text="I *saw* it.", now=now
    )


def post_of(topic):
    return topic.posts.get(is_first=True)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_contestants_and_organisers_write_and_nobody_else(
    topic, rival, organiser, visitor, juror, sponsor, operator, now
):
    for writer in (rival, organiser, operator):
        discussion.reply(user=writer, topic=topic, text=f"from {writer}", now=now)
    for reader in (visitor, juror, sponsor):
        with pytest.raises(NotAllowed):
            discussion.reply(user=reader, topic=topic, text="me too", now=now)
        with pytest.raises(NotAllowed):
            discussion.open_topic(user=reader, competition=topic.competition, title="x", text="y", now=now)
    topic.refresh_from_db()
    assert topic.post_count == 4


def test_new_rules_that_were_not_accepted_close_the_pen(topic, contestant, now):
    makers.make_terms(topic.competition, "2", created_at=now + timedelta(seconds=1))
    with pytest.raises(NotAllowed):
        discussion.reply(user=contestant, topic=topic, text="x", now=now)


def test_the_same_click_twice_writes_once(topic, contestant, competition, rival, now):
    words = {"user": contestant, "competition": competition, "title": "A leak?", "text": "I *saw* it."}
    assert discussion.open_topic(**words, now=now) == topic
    first = discussion.reply(user=rival, topic=topic, text="Where?", now=now)
    assert discussion.reply(user=rival, topic=topic, text="Where?", now=now) == first
    assert discussion.reply(user=rival, topic=topic, text="Where?", now=now + timedelta(minutes=5)) != first


def test_empty_and_endless_texts_are_refused(topic, contestant, competition, now):
    for text in ("", "  \n", "x" * 20_001):
        with pytest.raises(InvalidPost):
            discussion.reply(user=contestant, topic=topic, text=text, now=now)
    with pytest.raises(InvalidPost):
        discussion.open_topic(user=contestant, competition=competition, title="x" * 151, text="y", now=now)


def test_nobody_floods_the_discussion_but_organisers_answer_as_fast_as_they_can(topic, contestant, organiser, now):
    for number in range(9):
        discussion.reply(user=contestant, topic=topic, text=f"{number}", now=now)
    with pytest.raises(TooMany):
        discussion.reply(user=contestant, topic=topic, text="one more", now=now)
    discussion.reply(user=contestant, topic=topic, text="one more", now=now + timedelta(minutes=11))
    for number in range(15):
        discussion.reply(user=organiser, topic=topic, text=f"{number}", now=now)


def test_nobody_opens_topics_without_end(contestant, competition, now):
    for number in range(5):
        at = now + timedelta(minutes=number * 6)
        discussion.open_topic(user=contestant, competition=competition, title=f"{number}", text="x", now=at)
    with pytest.raises(TooMany):
        discussion.open_topic(user=contestant, competition=competition, title="6", text="x", now=at)


def test_the_author_is_told_of_a_reply_and_not_of_the_own_one(topic, contestant, rival, now):
    discussion.reply(user=contestant, topic=topic, text="More.", now=now)
    discussion.reply(user=rival, topic=topic, text="Where?", now=now)
    (notice,) = Notice.objects.filter(kind=MailKind.REPLY)
    assert (notice.user, notice.content["author"]) == (contestant, "rival")


# -- no text becomes a program ----------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](https://tracker.example.org/pixel.png)",
    '<a href="x" onclick="alert(1)">x</a>',
    "<iframe src=//evil.example.org></iframe>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    '[x](https://example.org/" onmouseover="alert(1))',
    "<style>body{display:none}</style>",
    "<svg/onload=alert(1)>",
]


def elements(html):
    """Every tag with its attributes, as a browser's parser finds them."""
    found, parser = [], HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(html)
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_post_is_only_text(topic, rival, contestants, url, now, text):
    post = discussion.reply(user=rival, topic=topic, text=text, now=now)
    for tag, attributes in elements(post.html):
        assert tag in TAGS
        assert set(attributes) <= {"href", "title", "src", "alt", "start", "class", "rel"}
        assert not str(attributes.get("href", "")).lower().startswith(("javascript", "data"))
        assert "//" not in str(attributes.get("src", ""))
        assert not str(attributes.get("src", "")).startswith("data")
    page = text_of(contestants.get(f"{url}discussion/{topic.pk}/"))
    assert "alert(1)</script>" not in page


def test_a_hostile_title_is_only_text(contestant, competition, contestants, url, now):
    made = discussion.open_topic(
        user=contestant, competition=competition, title='"><script>alert(1)</script>', text="x", now=now
    )
    for address in (f"{url}discussion/", f"{url}discussion/{made.pk}/"):
        assert "<script>alert(1)" not in text_of(contestants.get(address))


# -- editing and deleting ---------------------------------------------------------------------------------------------


def test_a_post_is_edited_for_half_an_hour_and_what_it_said_is_kept(topic, contestant, rival, now):
    post = post_of(topic)
    edited = discussion.edit(post, user=contestant, text="I saw **nothing**.", now=now + timedelta(minutes=30))
    assert "<strong>nothing</strong>" in edited.html
    assert [one.text for one in PostVersion.objects.filter(post=post)] == ["I *saw* it."]
    with pytest.raises(NotAllowed):
        discussion.edit(post, user=contestant, text="later", now=now + timedelta(minutes=31))
    with pytest.raises(NotAllowed):
        discussion.edit(post, user=rival, text="mine", now=now)


def test_a_deleted_post_keeps_its_place_and_shows_its_words_to_organisers_only(
    topic, contestant, rival, contestants, organisers, url, now
):
    post = discussion.reply(user=rival, topic=topic, text="I regret this", now=now)
    with pytest.raises(NotAllowed):
        discussion.delete(post, user=contestant, now=now)
    discussion.delete(post, user=rival, now=now)
    discussion.delete(post, user=rival, now=now)
    page = text_of(contestants.get(f"{url}discussion/{topic.pk}/"))
    assert "Its author deleted this post." in page
    assert "I regret this" not in page
    assert "I regret this" in text_of(organisers.get(f"{url}discussion/{topic.pk}/"))
    topic.refresh_from_db()
    assert topic.post_count == 1


# -- moderation -------------------------------------------------------------------------------------------------------


def test_a_report_reaches_the_organisers_once_and_stands_in_their_queue(topic, rival, contestant, organiser, now):
    post = post_of(topic)
    for _ in range(2):
        discussion.report(post, user=rival, reason="a leak", now=now)
    discussion.report(post, user=contestant, reason="me too", now=now)
    assert [one.user for one in Notice.objects.filter(kind=MailKind.MODERATION)] == [organiser]
    (queued,) = reported_posts(organiser, topic.competition)
    assert (queued, queued.open_reports) == (post, 2)
    assert not reported_posts(rival, topic.competition).exists()
    discussion.restore(post, actor=organiser, reason="it is no leak", now=now)
    assert not reported_posts(organiser, topic.competition).exists()


def test_an_organiser_hides_and_restores_with_a_reason_that_is_in_the_log(
    topic, rival, organiser, contestants, nobody, url, now
):
    post = discussion.reply(user=rival, topic=topic, text="the answer is 42", now=now)
    with pytest.raises(NotAllowed):
        discussion.hide(post, actor=rival, reason="x", now=now)
    with pytest.raises(InvalidPost):
        discussion.hide(post, actor=organiser, reason=" ", now=now)
    for _ in range(2):
        discussion.hide(post, actor=organiser, reason="it gives away an answer", now=now)
    for browser in (contestants, nobody):
        page = text_of(browser.get(f"{url}discussion/{topic.pk}/"))
        assert "it gives away an answer" in page
        assert "the answer is 42" not in page
    discussion.restore(post, actor=organiser, reason="a misunderstanding", now=now)
    assert "the answer is 42" in text_of(nobody.get(f"{url}discussion/{topic.pk}/"))
    rows = AuditEvent.objects.filter(verb__startswith="post ").values_list("verb", "reason")
    assert list(rows) == [("post hidden", "it gives away an answer"), ("post restored", "a misunderstanding")]


def test_a_topic_goes_with_its_first_post(topic, organiser, contestants, organisers, url, now):
    discussion.hide(post_of(topic), actor=organiser, reason="spam", now=now)
    assert contestants.get(f"{url}discussion/{topic.pk}/").status_code == 404
    assert organisers.get(f"{url}discussion/{topic.pk}/").status_code == 200


def test_a_locked_topic_takes_replies_from_organisers_only(topic, contestant, organiser, now):
    for _ in range(2):
        discussion.set_topic(topic, actor=organiser, now=now, is_locked=True)
    with pytest.raises(NotAllowed, match="locked"):
        discussion.reply(user=contestant, topic=topic, text="but", now=now)
    discussion.reply(user=organiser, topic=topic, text="closed", now=now)
    (row,) = AuditEvent.objects.filter(verb="topic changed")
    assert (row.before, row.after) == ({"is_locked": False}, {"is_locked": True})
    with pytest.raises(NotAllowed):
        discussion.set_topic(topic, actor=contestant, now=now, is_locked=False)


def test_organisers_wear_a_badge_and_mark_the_answer_that_counts(topic, organiser, nobody, organisers, url, now):
    discussion.reply(user=organiser, topic=topic, text="It is allowed.", now=now)
    post = topic.posts.get(author=organiser)
    organisers.post(f"{url}discussion/posts/{post.pk}/act/", {"act": "official"})
    page = text_of(nobody.get(f"{url}discussion/{topic.pk}/"))
    assert page.count('<span class="badge-soft">organiser</span>') == 1
    assert "official answer" in page


def test_a_discussion_that_is_switched_off_is_gone_and_comes_back_whole(
    topic, organisers, contestants, contestant, url, now
):
    organisers.post(f"{url}organiser/discussion/", {"is_on": "0"})
    for address in ("discussion/", f"discussion/{topic.pk}/", "discussion/new/"):
        assert contestants.get(f"{url}{address}").status_code == 404
    topic.refresh_from_db()
    topic.competition.refresh_from_db()
    with pytest.raises(NotAllowed):
        discussion.reply(user=contestant, topic=topic, text="x", now=now)
    assert f"{url}discussion/" not in text_of(contestants.get(url))
    organisers.post(f"{url}organiser/discussion/", {"is_on": "1"})
    assert contestants.get(f"{url}discussion/{topic.pk}/").status_code == 200


def test_a_draft_has_no_discussion_for_outsiders(topic, competition, nobody, url):
    competition.status = CompetitionStatus.DRAFT
    competition.save()
    assert nobody.get(f"{url}discussion/{topic.pk}/").status_code == 404


# -- lists ------------------------------------------------------------------------------------------------------------


def test_what_a_person_has_not_read_is_marked_until_it_is_read(
    topic, rival, contestants, contestant, competition, url, now
):
    def unread():
        return [row.is_unread for row in topic_page(contestant, competition).rows]

    assert unread() == [False]  # one's own
    discussion.reply(user=rival, topic=topic, text="Where?", now=now)
    assert unread() == [True]
    contestants.get(f"{url}discussion/{topic.pk}/")
    assert unread() == [False]


def test_a_long_list_goes_on_from_its_cursor_without_a_gap_or_a_double(competition, organiser, now):
    for number in range(25):
        at = now + timedelta(seconds=number // 3)  # some at the same moment
        made = discussion.open_topic(user=organiser, competition=competition, title=f"{number}", text="x", now=at)
        if number % 10 == 0:
            discussion.set_topic(made, actor=organiser, now=at, is_pinned=True)
    whole = [row.topic.pk for row in topic_page(organiser, competition, size=100).rows]
    seen, cursor = [], ""
    while True:
        page = topic_page(organiser, competition, cursor=cursor, size=4)
        seen += [row.topic.pk for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == whole
    assert len(set(seen)) == 25
    assert [Topic.objects.get(pk=pk).is_pinned for pk in seen[:4]] == [True, True, True, False]
    assert [row.topic.pk for row in topic_page(organiser, competition, cursor="2_x_y", size=100).rows] == whole


def test_a_long_topic_goes_on_from_its_last_post(topic, organiser, now):
    for number in range(10):
        discussion.reply(user=organiser, topic=topic, text=f"{number}", now=now)
    first = post_page(topic, size=4)
    second = post_page(topic, after=first.next_after, size=100)
    assert len(first.posts) == 4
    assert len(second.posts) == 7
    assert second.next_after is None


def test_a_person_opens_edits_replies_and_deletes_on_the_pages(contestants, competition, url):
    answer = contestants.post(f"{url}discussion/new/", {"title": "Hello", "text": "Ahoy"})
    made = Topic.objects.get()
    assert answer["Location"] == f"{url}discussion/{made.pk}/"
    post = made.posts.get()
    contestants.post(f"{url}discussion/posts/{post.pk}/edit/", {"text": "Ahoy there"})
    reply = contestants.post(answer["Location"], {"text": "Anybody?"})
    assert "Anybody?" in text_of(contestants.get(reply["Location"]))
    contestants.post(f"{url}discussion/posts/{Post.objects.last().pk}/act/", {"act": "delete"})
    page = text_of(contestants.get(f"{url}discussion/{made.pk}/"))
    assert "Ahoy there" in page
    assert "Anybody?" not in page
    assert contestants.post(f"{url}discussion/new/", {"title": "", "text": "x"}).status_code == 400

"""What a mail or a notice says, in the reader's language. `content` is what the act left for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from competitions.localised import text_in
from competitions.models import Announcement, Competition
from competitions.services.team_news import TeamNews
from competitions.status import MailKind, RegistrationStatus

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageText:
    """`path` is where on the site to read on; `html` is safe already."""

    title: str
    paragraphs: tuple[str, ...]
    path: str
    html: str = ""


def message_text(kind: str, content: Content, competition: Competition | None) -> MessageText:
    return TEXTS[MailKind(kind)](content, competition)


def _announcement(content: Content, competition: Competition | None) -> MessageText:
    announcement = Announcement.objects.get(pk=content["announcement"])
    path = reverse("pages:announcement", args=[competition.slug, announcement.pk]) if competition else "/"
    body = text_in(announcement.text)
    return MessageText(text_in(announcement.title), tuple(body.split("\n\n")), path, text_in(announcement.html))


def _deadline(content: Content, competition: Competition | None) -> MessageText:
    hours, phase = int(content["hours"]), text_in(content["phase"])
    title = ngettext("%(count)s hour left: %(phase)s", "%(count)s hours left: %(phase)s", hours)
    ends = _instant(datetime.fromisoformat(content["ends_at"]), competition)
    text = _("“%(phase)s” ends at %(instant)s.") % {"phase": phase, "instant": ends}
    if not content.get("has_no_choice"):
        return MessageText(title % {"count": hours, "phase": phase}, (text,), _overview(competition))
    choice = _("Your team has chosen no submission for the end. Without a choice the contest's default counts.")
    path = reverse("pages:submissions", args=[competition.slug]) if competition else "/"
    return MessageText(title % {"count": hours, "phase": phase}, (text, choice), path)


def _instant(at: datetime, competition: Competition | None) -> str:
    local = at.astimezone(competition.zone) if competition else at
    return f"{date_format(local, pgettext('date format', 'j M Y, H:i'))} {local.tzname()}"


def _submissions(content: Content, competition: Competition | None) -> MessageText:
    """How many of one's submissions are done; no scores, which boards may still hide."""
    scored, failed = int(content["scored"]), int(content["failed"])
    lines = [
        ngettext("%(count)s submission was scored.", "%(count)s submissions were scored.", scored) % {"count": scored},
        ngettext("%(count)s submission was refused or failed.", "%(count)s submissions were refused or failed.", failed)
        % {"count": failed},
    ]
    shown = tuple(line for line, count in zip(lines, (scored, failed), strict=True) if count)
    path = reverse("pages:submissions", args=[competition.slug]) if competition else "/"
    return MessageText(_("Your submissions"), shown, path)


def _reply(content: Content, competition: Competition | None) -> MessageText:
    title = _("A reply to “%(topic)s”") % {"topic": content["title"]}
    text = _("%(author)s replied to your topic.") % {"author": content["author"]}
    return MessageText(title, (text,), _topic(content, competition))


def _moderation(content: Content, competition: Competition | None) -> MessageText:
    title = _("A post in “%(topic)s” was reported") % {"topic": content["title"]}
    path = reverse("pages:moderation", args=[competition.slug]) if competition else "/"
    return MessageText(title, (content["reason"],), path)


def _team(content: Content, competition: Competition | None) -> MessageText:
    texts = {
        TeamNews.INVITED: (
            _("An invitation to the team “%(team)s”"),
            _("%(by)s asks you to join the team. You can accept or decline on the page of your team."),
        ),
        TeamNews.MERGE_PROPOSED: (
            _("The team “%(team)s” proposes to merge"),
            _("%(by)s proposes that your teams become one. The page of your team says what that would mean."),
        ),
        TeamNews.MERGED: (
            _("Your team is now “%(team)s”"),
            _("%(by)s accepted: the two teams are one, with the submissions of both."),
        ),
    }
    title, text = texts[TeamNews(content["news"])]
    path = reverse("pages:team", args=[competition.slug]) if competition else "/"
    return MessageText(title % content, (text % content,), path)


def _registration(content: Content, competition: Competition | None) -> MessageText:
    """Whether the organisers have admitted a person, and why not."""
    path = reverse("pages:data", args=[competition.slug]) if competition else "/"
    if content["status"] == RegistrationStatus.APPROVED:
        text = _("The organisers have admitted you. You can download the data and submit now.")
        return MessageText(_("You take part"), (text,), path)
    texts = (_("The organisers have not admitted you. Their reason:"), content["reason"])
    return MessageText(_("You are not admitted to the contest"), texts, _overview(competition))


def _jury(content: Content, competition: Competition | None) -> MessageText:
    division, count = text_in(content["division"]), int(content["open"])
    title = _("Sheets wait for you: %(division)s") % {"division": division}
    text = ngettext(
        "%(count)s sheet is not complete and signed yet.", "%(count)s sheets are not complete and signed yet.", count
    )
    path = reverse("pages:jury_desk", args=[competition.slug, content["key"]]) if competition else "/"
    return MessageText(title, (text % {"count": count},), path)


def _plain(content: Content, competition: Competition | None) -> MessageText:
    """Kinds whose act knows the words itself: {"title", "text"} in each language, and a path; or an announcement."""
    if "announcement" in content:
        return _announcement(content, competition)
    return MessageText(text_in(content["title"]), (text_in(content["text"]),), content.get("path", "/"))


def _topic(content: Content, competition: Competition | None) -> str:
    return reverse("pages:topic", args=[competition.slug, content["topic"]]) if competition else "/"


def _overview(competition: Competition | None) -> str:
    return reverse("pages:competition", args=[competition.slug]) if competition else "/"


TEXTS: Final[dict[MailKind, Callable[[Content, Competition | None], MessageText]]] = {
    MailKind.ANNOUNCEMENT: _announcement,
    MailKind.DEADLINE: _deadline,
    MailKind.SUBMISSIONS: _submissions,
    MailKind.REPLY: _reply,
    MailKind.MODERATION: _moderation,
    MailKind.TEAM: _team,
    MailKind.RULES: _plain,
    MailKind.RESULTS: _plain,
    MailKind.REGISTRATION: _registration,
    MailKind.JURY: _jury,
}

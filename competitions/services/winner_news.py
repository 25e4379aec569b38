"""What candidates and everybody are told of the audit of winners: a notice and a mail, in both languages at once."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.urls import reverse
from django.utils import translation
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from competitions.localised import LANGUAGES, text_in
from competitions.models import Award, Competition, User, WinnerDecision, WinnerEntry
from competitions.services.notices import tell
from competitions.status import MailKind, WinnerVerdict

Say = Callable[[], str]


def ask(entry: WinnerEntry, awards: Iterable[Award], *, now: datetime) -> None:
    """What to hand in, and until when; or that a jury's decision is being confirmed."""
    prizes = list(awards)
    if entry.submission_id is None:
        _tell(
            entry,
            f"winner-asked:{entry.pk}",
            lambda: _("You may win a prize of the jury"),
            lambda: (
                _(
                    "Your team is a candidate for: %(awards)s. There is nothing to hand in; the organisers confirm it "
                    "or ask you something. Please tell nobody yet: nothing is decided."
                )
                % {"awards": _names(prizes)}
            ),
            now=now,
        )
        return
    _tell(
        entry,
        f"winner-asked:{entry.pk}",
        lambda: _("You may win a prize: please hand in your program"),
        lambda: (
            _(
                "Your team is a candidate for: %(awards)s. Before anybody is told, the organisers run your program "
                "again. Hand in what the page lists until %(due)s; you may replace it until then. Please tell nobody "
                "yet: nothing is decided."
            )
            % {"awards": _names(prizes), "due": _instant(entry.due_at, entry.audit.competition)}
        ),
        now=now,
    )


def extend(entry: WinnerEntry, *, now: datetime) -> None:
    _tell(
        entry,
        f"winner-extended:{entry.pk}:{int(entry.due_at.timestamp())}",
        lambda: _("You have more time to hand in"),
        lambda: _("Your team may hand in until %(due)s.") % {"due": _instant(entry.due_at, entry.audit.competition)},
        now=now,
    )


def decide(decision: WinnerDecision, *, now: datetime) -> None:
    entry, is_rejected = decision.entry, decision.verdict == WinnerVerdict.REJECTED
    _tell(
        entry,
        f"winner-decided:{decision.pk}",
        lambda: _decided(entry, is_rejected),
        lambda: _rejected(decision) if is_rejected else _confirmed(entry),
        now=now,
    )


def _decided(entry: WinnerEntry, is_rejected: bool) -> str:
    if entry.submission_id is None:
        return _("Your entry was rejected") if is_rejected else _("Your entry was confirmed")
    return _("Your hand-in was rejected") if is_rejected else _("Your hand-in was confirmed")


def _confirmed(entry: WinnerEntry) -> str:
    if entry.submission_id is None:
        return _("The organisers have confirmed your entry. The winners are announced when all prizes are decided.")
    return _("The organisers have confirmed your hand-in. The winners are announced when all prizes are decided.")


def _rejected(decision: WinnerDecision) -> str:
    entry = decision.entry
    of_jury = _("The organisers have rejected your entry. Their reason: %(reason)s")
    of_program = _("The organisers have rejected your hand-in. Their reason: %(reason)s")
    text = (of_jury if entry.submission_id is None else of_program) % {"reason": decision.reason}
    if decision.answer_by is None:
        return text
    contest = entry.audit.competition
    answer = _("You have the right to answer until %(until)s, by mail to %(contact)s.")
    return f"{text} {answer % {'until': _instant(decision.answer_by, contest), 'contact': contest.contact_email}}"


def publish(competition: Competition, people: Iterable[User], *, now: datetime) -> None:
    texts = _both(lambda: _("The final results and the winners are published"))
    said = _both(lambda: _("The final leaderboards and the list of the awards are open to everybody now."))
    path = reverse("pages:awards", args=[competition.slug])
    content = {"title": texts, "text": said, "path": path}
    key = f"winners-published:{competition.pk}"
    tell(MailKind.RESULTS, people, key=key, content=content, now=now, competition=competition)


def _tell(entry: WinnerEntry, key: str, title: Say, text: Say, *, now: datetime) -> None:
    contest = entry.audit.competition
    path = reverse("pages:hand_in", args=[contest.slug, entry.pk])
    content = {"title": _both(title), "text": _both(text), "path": path}
    people = [member.user for member in entry.team.members.select_related("user")]
    tell(MailKind.RESULTS, people, key=key, content=content, now=now, competition=contest)


def _both(say: Say) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = say()
    return found


def _names(awards: Iterable[Award]) -> str:
    return pgettext("between items of a list", ", ").join(text_in(award.title) for award in awards)


def _instant(at: datetime, competition: Competition) -> str:
    local = at.astimezone(competition.zone)
    return f"{date_format(local, pgettext('date format', 'j M Y, H:i'))} {local.tzname()}"

"""What the contest's own records say: dates, rules, licences, translations, quotas, workers. Read anew every time."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from competitions.localised import LANGUAGES
from competitions.models import Competition, Phase
from competitions.queries.checklist_items import CheckItem, joined
from competitions.queries.evaluations import workers
from competitions.status import CheckState

SILENT_AFTER: Final = timedelta(minutes=5)
RED, YELLOW, GREEN = CheckState.RED, CheckState.YELLOW, CheckState.GREEN


def record_items(competition: Competition, *, now: datetime) -> list[CheckItem]:
    phases = list(competition.phases.prefetch_related("tasks").select_related("frozen_from"))
    return [
        _deadlines(competition, phases, now),
        _phases(competition, phases),
        _quota(phases),
        _rules(competition),
        _licences(competition),
        _contact(competition),
        _translations(competition),
        _worker(competition, now),
    ]


def _deadlines(competition: Competition, phases: list[Phase], now: datetime) -> CheckItem:
    title, todo = _("Deadlines"), _("Change the dates of the phases.")
    juried = [one for one in competition.divisions.all() if one.judging is not None]
    over = [phase.key for phase in phases if phase.ends_at is not None and phase.ends_at <= now]
    over += [division.key for division in juried if division.rules.due_at <= now]
    if over:
        return CheckItem("deadlines", title, RED, _("Over already: %(names)s.") % {"names": joined(over)}, todo)
    early = [
        phase.key
        for phase in phases
        if phase.frozen_from and (phase.frozen_from.ends_at is None or phase.starts_at < phase.frozen_from.ends_at)
    ]
    if early:
        text = _("These begin before the phase that they follow is over: %(names)s.") % {"names": joined(early)}
        return CheckItem("deadlines", title, RED, text, todo)
    last = max((phase.ends_at for phase in phases if phase.ends_at), default=None)
    if competition.team_deadline and (competition.team_deadline <= now or (last and competition.team_deadline > last)):
        text = _("The deadline of teams is over already, or after the end of the contest.")
        return CheckItem("deadlines", title, RED, text, todo)
    endless = [phase.key for phase in phases if phase.ends_at is None]
    if endless:
        text = _("Without an end: %(names)s.") % {"names": joined(endless)}
        return CheckItem("deadlines", title, YELLOW, text, todo)
    return CheckItem("deadlines", title, GREEN, _("All deadlines are in the future and in order."))


def _phases(competition: Competition, phases: list[Phase]) -> CheckItem:
    title, todo = _("Phases"), _("Give each phase a task, and each task a phase.")
    empty = [phase.key for phase in phases if not phase.tasks.all()]
    if not phases or empty:
        text = _("Phases without a task: %(names)s.") % {"names": joined(empty)} if empty else _("There is no phase.")
        return CheckItem("phases", title, RED, text, todo)
    left = list(competition.tasks.filter(phases=None).values_list("key", flat=True))
    if left:
        text = _("Tasks in no phase: %(names)s.") % {"names": joined(left)}
        return CheckItem("phases", title, YELLOW, text, todo)
    return CheckItem("phases", title, GREEN, _("Every phase has its tasks."))


def _quota(phases: list[Phase]) -> CheckItem:
    title, todo = _("Quota"), _("Set how many submissions a team may send a day.")
    boundless = [
        one.key for one in phases if not one.frozen_from_id and not (one.max_submissions_per_day or one.max_submissions)
    ]
    if boundless:
        text = _("No limit at all in: %(names)s. The private part can be probed.") % {"names": joined(boundless)}
        return CheckItem("quota", title, YELLOW, text, todo)
    return CheckItem("quota", title, GREEN, _("Every phase limits the submissions of a team."))


def _rules(competition: Competition) -> CheckItem:
    title = _("Rules")
    if competition.terms.last() is None:
        text = _("There are no rules that contestants accept.")
        return CheckItem("rules", title, RED, text, _("Write them: terms in competition.yaml."), "pages:rules")
    return CheckItem("rules", title, GREEN, _("There are rules that contestants accept."), link="pages:rules")


def _licences(competition: Competition) -> CheckItem:
    title, link = _("Licence of the data"), "pages:data"
    releases = list(competition.data_releases.all())
    bare = [release.version for release in releases if not release.licence]
    if bare:
        text = _("Releases without a licence: %(names)s.") % {"names": joined(bare)}
        return CheckItem("licence", title, RED, text, _("Say under which licence the data are."), link)
    if not releases:
        text = _("The contest offers no data.")
        return CheckItem("licence", title, YELLOW, text, _("Add a data release, if there is to be one."), link)
    return CheckItem("licence", title, GREEN, _("Every data release has its licence."), link=link)


def _contact(competition: Competition) -> CheckItem:
    if not competition.contact_email:
        text = _("There is no address to which contestants can write.")
        return CheckItem("contact", _("Contact address"), RED, text, _("Set contact_email."))
    text = _("Contestants can write to %(address)s.") % {"address": competition.contact_email}
    return CheckItem("contact", _("Contact address"), GREEN, text)


def _worker(competition: Competition, now: datetime) -> CheckItem:
    title, todo = _("Workers"), _("Start a worker; manage.py doctor says what a machine lacks.")
    alive = [one for one in workers(now=now) if one.is_fit and now - one.seen_at <= SILENT_AFTER * 4]
    if not any("evaluations" in one.queues or not one.queues for one in alive):
        return CheckItem("worker", title, YELLOW, _("No worker that scores has reported lately."), todo)
    wanted = {task.runtime.digest: task.runtime.name for task in competition.tasks.exclude(runtime=None)
              if task.runtime is not None}  # fmt: skip
    offered = {runtime.get("digest") for one in alive for runtime in one.runtimes}
    missing = [name for digest, name in wanted.items() if digest not in offered]
    if missing:
        text = _("No worker has reported the runtime: %(names)s.") % {"names": joined(missing)}
        return CheckItem("worker", title, YELLOW, text, todo)
    return CheckItem("worker", title, GREEN, _("There is a worker that can do it."))


# -- translations -----------------------------------------------------------------------------------------------------


def _translations(competition: Competition) -> CheckItem:
    title, todo = _("Translations"), _("Write the missing texts.")
    texts = list(localised_fields(competition))
    missing = [f"{name} ({language})" for name, text in texts for language in LANGUAGES if not text.get(language)]
    total = len(texts) * len(LANGUAGES)
    values = {"done": total - len(missing), "total": total, "names": joined(missing, most=12)}
    if missing:
        text = _("%(done)d of %(total)d texts are there. Missing: %(names)s.") % values
        return CheckItem("translations", title, YELLOW, text, todo, "pages:competition")
    text = _("All %(total)d texts are there in English and Japanese.") % values
    return CheckItem("translations", title, GREEN, text, link="pages:competition")


def localised_fields(competition: Competition) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Name and texts of all that contestants read. What was left out altogether needs no translation."""
    own = {"title": competition.title, "description": competition.description}
    yield from own.items()
    for name, text in (("organiser", competition.host), ("reward", competition.reward)):
        if text:
            yield name, text
    for page in competition.pages.all():
        yield f"pages.{page.key}.title", page.title
        yield f"pages.{page.key}", page.text
    terms = competition.terms.last()
    if terms is not None:
        yield "terms", terms.text
    for phase in competition.phases.all():
        yield f"phases.{phase.key}", phase.name
    for task in competition.tasks.all():
        yield f"tasks.{task.key}", task.name
    for division in competition.divisions.all():
        yield f"divisions.{division.key}", division.title
    for release in competition.data_releases.prefetch_related("files"):
        for name, text in (("title", release.title), ("notes", release.notes)):
            if text:
                yield f"data.{release.version}.{name}", text
        for file in release.files.all():
            if file.description:
                yield f"data.{release.version}.{file.name}", file.description

"""Pages, rules and divisions of a contest, brought in line with its description."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from competitions.markdown import render
from competitions.models import Board, Competition, DataTerms, Division, JuryRelease, Page, Terms
from competitions.services.competition_changes import Changes
from competitions.services.descriptions import CompetitionDescription, DivisionDescription, PageDescription, Texts


def put_pages(competition: Competition, described: tuple[PageDescription, ...], changes: Changes) -> None:
    existing = {page.key: page for page in competition.pages.all()}
    for position, page in enumerate(described):
        record = existing.pop(page.key, None) or Page(competition=competition, key=page.key)
        fields = {"title": dict(page.title), "text": dict(page.text), "html": html_of(page.text), "position": position}
        changes.put(record, f"page {page.key}", **fields)
    for key, left in existing.items():
        changes.remove(left, f"page {key}")


def html_of(text: Texts) -> Mapping[str, str]:
    return {language: render(markdown) for language, markdown in text.items()}


def put_terms(competition: Competition, description: CompetitionDescription, changes: Changes) -> None:
    """A version that somebody accepted is what they accepted: only a new version may say something else."""
    terms, newest = description.terms, competition.terms.last()
    existing = competition.terms.filter(version=terms.version).first()
    if existing is None:
        existing = Terms(competition=competition, version=terms.version, created_at=changes.now)
    elif newest is not None and existing.pk != newest.pk:
        changes.refuse(("terms", "version"), older_version(terms.version, newest.version))
        return
    elif existing.text != terms.text and existing.acceptances.exists():
        changes.refuse(("terms", "version"), accepted_otherwise(existing))
        return
    changes.put(existing, f"terms {terms.version}", text=dict(terms.text), html=html_of(terms.text))


def older_version(version: str, newest: str) -> str:
    text = _("version '%(version)s' is older than '%(newest)s', which is in force; give a new version")
    return text % {"version": version, "newest": newest}


def accepted_otherwise(terms: Terms | DataTerms) -> str:
    text = _("the text of version '%(version)s' differs from what %(count)s accepted; give the new text a new version")
    return text % {"version": terms.version, "count": terms.acceptances.count()}


def put_divisions(
    competition: Competition, described: tuple[DivisionDescription, ...], changes: Changes
) -> dict[str, Division]:
    existing = {division.key: division for division in competition.divisions.all()}
    found: dict[str, Division] = {}
    for position, division in enumerate(described):
        record = existing.get(division.key) or Division(competition=competition, key=division.key)
        _refuse_lost_judging(record, division, position, changes)
        judging = division.judging.as_json() if division.judging else None
        fields = {"title": dict(division.title), "position": position, "judging": judging}
        changes.put(record, f"division {division.key}", **fields)
        found[division.key] = record
    return found


def _refuse_lost_judging(record: Division, described: DivisionDescription, position: int, changes: Changes) -> None:
    """What was handed in stays, and what jurors have begun to judge by stays as it is."""
    where = ("divisions", position, "judging")
    if record.pk is None or record.judging is None:
        return
    if described.judging is None:
        if record.entries.exists():
            text = _("division '%(division)s' has entries; it must stay a juried one")
            changes.refuse(where, text % {"division": record.key})
        return
    if JuryRelease.objects.filter(division=record).exists() and described.judging.as_json() != record.judging:
        text = _("the result of division '%(division)s' is published; its rules can no longer change")
        changes.refuse(where, text % {"division": record.key})
        return
    if not record.entries.filter(sheets__version__gt=0).exists():
        return
    if described.judging.rubric != record.rules.rubric:
        changes.refuse((*where, "rubric"), _("jurors have begun to mark by this rubric; it must stay as it is"))
    if described.judging.due_at != record.rules.due_at:
        changes.refuse((*where, "deadline"), _("jurors have begun; the deadline must stay as it is"))


def remove_left_divisions(competition: Competition, kept: dict[str, Division], changes: Changes) -> None:
    for division in competition.divisions.exclude(key__in=kept):
        if division.entries.exists():
            text = _("division '%(division)s' has entries; it must stay")
            changes.refuse(("divisions",), text % {"division": division.key})
        elif Board.objects.filter(division=division, standings__isnull=False).exists():
            text = _("division '%(division)s' has teams on its leaderboard; it must stay")
            changes.refuse(("divisions",), text % {"division": division.key})
        else:
            changes.remove(division, f"division {division.key}")

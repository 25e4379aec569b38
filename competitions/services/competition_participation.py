"""What a contest asks of whoever joins, brought in line with its description. What people were asked stays asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from competitions.models import Competition, DataTerms
from competitions.services.competition_changes import Changes
from competitions.services.competition_texts import accepted_otherwise, html_of, older_version
from competitions.services.descriptions import CompetitionDescription


def put_participation(competition: Competition, description: CompetitionDescription, changes: Changes) -> None:
    asked = description.participation
    questions = [dict(one) for one in asked.questions]
    if _asks_otherwise(competition.questions, questions):
        count = competition.team_members.count()
        if count:
            text = _("%(count)s people take part and were asked otherwise; questions can change until the first joins")
            changes.refuse(("participation", "questions"), text % {"count": count})
            return
    changes.put(
        competition,
        "participation",
        needs_approval=asked.needs_approval,
        questions=questions,
        consents=[dict(one) for one in asked.consents],
    )
    _put_data_terms(competition, description, changes)


def _asks_otherwise(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> bool:
    return [dict(one) for one in before] != [dict(one) for one in after]


def _put_data_terms(competition: Competition, description: CompetitionDescription, changes: Changes) -> None:
    """A version that somebody accepted is what they accepted, and terms that were there do not go away."""
    terms, newest = description.data_terms, competition.data_terms.last()
    if terms is None:
        if newest is not None and newest.acceptances.exists():
            text = _("version '%(version)s' was accepted; data terms can be replaced by a new version, not left out")
            changes.refuse(("data_terms",), text % {"version": newest.version})
        elif newest is not None:
            changes.remove(newest, f"data terms {newest.version}")
        return
    existing = competition.data_terms.filter(version=terms.version).first()
    if existing is None:
        existing = DataTerms(competition=competition, version=terms.version, created_at=changes.now)
    elif newest is not None and existing.pk != newest.pk:
        changes.refuse(("data_terms", "version"), older_version(terms.version, newest.version))
        return
    elif existing.text != terms.text and existing.acceptances.exists():
        changes.refuse(("data_terms", "version"), accepted_otherwise(existing))
        return
    changes.put(existing, f"data terms {terms.version}", text=dict(terms.text), html=html_of(terms.text))

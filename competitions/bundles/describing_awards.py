"""Prizes and the audit of winners: from the document to a description, and from the records back to the document."""

from collections.abc import Mapping
from typing import Any

from competitions.bundles.award_checks import parts_of, phase_of
from competitions.bundles.sections import Section
from competitions.models import Award, Competition
from competitions.services.descriptions import AwardDescription
from competitions.winner_rules import WinnerRules


def describe_awards(contest: Section) -> tuple[AwardDescription, ...]:
    return tuple(_award(award, contest) for award in contest.items("awards"))


def _award(award: Section, contest: Section) -> AwardDescription:
    return AwardDescription(
        key=award.text("key"),
        title=award.localised("title"),
        **_goes_by(award, contest),
        places=award.number("places", 1),
        reserves=award.number("reserves", 2),
        amount=award.localised("amount"),
        sponsor=award.localised("sponsor"),
    )


def _goes_by(award: Section, contest: Section) -> dict[str, Any]:
    if award.has("jury"):
        return {"phase": None, "task": None, "division": award.text("jury")}
    phase = phase_of(award, contest)
    if phase is None:
        raise ValueError("a prize goes by a phase that is not there; check the document first")
    parts, board = parts_of(phase, contest), award.at("board")
    named = {name: board.text(name) or known[0] for name, known in parts.items()}
    return {"phase": phase.text("key"), **named}


def describe_winner_audit(contest: Section) -> Mapping[str, Any] | None:
    """As WinnerRules reads it; None where winners are not audited."""
    if not contest.has("winner_audit"):
        return None
    return {name: value for name, value in contest.mapping("winner_audit").items() if value is not None}


# -- and back ---------------------------------------------------------------------------------------------------------


def awards_document(competition: Competition) -> list[dict[str, Any]]:
    """`awards` of competition.yaml."""
    return [
        {
            "key": award.key,
            "title": award.title,
            **_board_document(award),
            "places": award.places,
            "reserves": award.reserves,
            **{name: text for name in ("amount", "sponsor") if (text := getattr(award, name))},
        }
        for award in competition.awards.select_related("phase", "task", "division")
    ]


def _board_document(award: Award) -> dict[str, Any]:
    if award.phase is None or award.task is None:
        return {"jury": award.division.key}
    return {"board": {"phase": award.phase.key, "task": award.task.key, "division": award.division.key}}


def winner_audit_document(competition: Competition) -> dict[str, Any] | None:
    """`winner_audit` of competition.yaml; None where there is none."""
    audit = getattr(competition, "winner_audit", None)
    if audit is None:
        return None
    known = WinnerRules.__dataclass_fields__
    return {name: value for name, value in audit.stated.items() if name in known}

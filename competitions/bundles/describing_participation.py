"""What is asked of whoever joins, from competition.yaml to the description that the service imports."""

from collections.abc import Mapping
from typing import Any

from competitions.bundles.sections import Section
from competitions.services.descriptions import ParticipationDescription


def describe_participation(contest: Section) -> ParticipationDescription:
    part = contest.at("participation")
    return ParticipationDescription(
        needs_approval=contest.at("registration_auto_approve").value is False,
        questions=tuple(_question(one) for one in part.items("questions")),
        consents=tuple({"key": one.text("key"), "label": one.localised("label")} for one in part.items("consents")),
    )


def _question(one: Section) -> Mapping[str, Any]:
    """As competitions.participation.Question reads it; what is not said is left out."""
    said: dict[str, Any] = {"key": one.text("key"), "label": one.localised("label"), "kind": one.text("kind")}
    if one.has("choices"):
        said["choices"] = [{"key": item.text("key"), "label": item.localised("label")} for item in one.items("choices")]
    if one.has("eligible"):
        said["eligible"] = one.at("eligible").value
    return said | {flag: True for flag in ("personal", "optional") if one.at(flag).value is True}

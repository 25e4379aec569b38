"""Which phase, task or board is meant when a request does not name it: the only one there is, or the one of now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from django.utils.translation import gettext as _

from competitions.api.errors import ApiError
from competitions.models import Competition, Phase, Task
from competitions.queries.competitions import current_phase, open_phases, phases


class Keyed(Protocol):
    key: str


Part = TypeVar("Part", bound=Keyed)


def phase_of(competition: Competition, key: str, *, now: datetime) -> Phase:
    """The named phase; without a name the open one, or the one that was or will be open."""
    if key:
        return _named(phases(competition), key, "phase")
    found = list(open_phases(competition, now=now))
    if len(found) > 1:
        found = [phase for phase in found if phase.frozen_from_id is None] or found  # uploads go nowhere else
    if len(found) > 1:
        raise _ambiguous(found, "phase")
    phase = found[0] if found else current_phase(competition, now=now)
    if phase is None:
        raise ApiError(404, "not_found", _("This contest has no phase."))
    return phase


def task_in(phase: Phase, key: str) -> Task:
    """The named task of the phase; without a name its only one."""
    found = list(phase.tasks.select_related("current_version"))
    if key:
        return _named(found, key, "task")
    if len(found) != 1:
        raise _ambiguous(found, "task")
    return found[0]


def _named(parts: Iterable[Part], key: str, noun: str) -> Part:
    found = {part.key: part for part in parts}
    if key not in found:
        names = {"noun": noun, "key": key[:80], "keys": ", ".join(found)}
        text = _("There is no %(noun)s “%(key)s” here; there is: %(keys)s.") % names
        raise ApiError(422, f"unknown_{noun}", text, choices=list(found))
    return found[key]


def _ambiguous(parts: Iterable[Keyed], noun: str) -> ApiError:
    keys = [part.key for part in parts]
    text = _("Say which %(noun)s is meant: %(keys)s.") % {"noun": noun, "keys": ", ".join(keys)}
    return ApiError(422, f"{noun}_missing", text, choices=keys)

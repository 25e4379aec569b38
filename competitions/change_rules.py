"""Changes of a contest after its launch, as pure decisions: states, legal moves, and what a change is of.

          propose           approve            apply
draft ------------> proposed -------> approved ------> applying --> applied
  |  ^----- revise -----' |  |                             |
  |                       |  `--> refused                  `------> failed
  `----> withdrawn <------'
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ChangeStatus(TextChoices):
    DRAFT = "draft", _("draft")
    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    APPLYING = "applying", _("being applied")
    APPLIED = "applied", _("in force")
    FAILED = "failed", _("failed")


CHANGE_MOVES: Final[Mapping[ChangeStatus, frozenset[ChangeStatus]]] = {
    ChangeStatus.DRAFT: frozenset({ChangeStatus.PROPOSED, ChangeStatus.WITHDRAWN, ChangeStatus.FAILED}),
    ChangeStatus.PROPOSED: frozenset(
        {ChangeStatus.APPROVED, ChangeStatus.REFUSED, ChangeStatus.WITHDRAWN, ChangeStatus.DRAFT}
    ),
    ChangeStatus.APPROVED: frozenset({ChangeStatus.APPLYING, ChangeStatus.WITHDRAWN}),
    ChangeStatus.APPLYING: frozenset({ChangeStatus.APPLIED, ChangeStatus.FAILED}),
    ChangeStatus.REFUSED: frozenset(),
    ChangeStatus.WITHDRAWN: frozenset(),
    ChangeStatus.APPLIED: frozenset(),
    ChangeStatus.FAILED: frozenset(),
}
# Of these nothing comes any more: what was scored for them to show their effect stays a proposal for ever.
DROPPED: Final = frozenset({ChangeStatus.REFUSED, ChangeStatus.WITHDRAWN, ChangeStatus.FAILED})
OPEN: Final = frozenset({ChangeStatus.DRAFT, ChangeStatus.PROPOSED, ChangeStatus.APPROVED, ChangeStatus.APPLYING})
UNDECIDED: Final = frozenset({*DROPPED, ChangeStatus.DRAFT, ChangeStatus.PROPOSED})


def can_move_change(old: str, new: str) -> bool:
    return new in CHANGE_MOVES[ChangeStatus(old)]


class ChangeKind(TextChoices):
    """What a change is of. Texts and titles decide nothing, and need nobody's approval."""

    METRIC = "metric", _("metric or ranking")
    TRUTH = "truth", _("hidden truth")
    SPLIT = "split", _("public and private split")
    SCHEDULE = "schedule", _("deadline or schedule")
    QUOTA = "quota", _("quota")
    DATA = "data", _("data")
    RULES = "rules", _("rules")
    OTHER = "other", _("other settings")
    TEXT = "text", _("texts")


SCORING: Final = frozenset({ChangeKind.METRIC, ChangeKind.TRUTH, ChangeKind.SPLIT})
# By the noun of the record (as services.competition_changes names it) and its field; "*" is any field not named.
KINDS: Final[Mapping[str, Mapping[str, ChangeKind]]] = {
    "contest": {
        "final_rule": ChangeKind.RULES,
        "final_select": ChangeKind.RULES,
        "final_counts": ChangeKind.RULES,
        "team_max_size": ChangeKind.RULES,
        "team_deadline": ChangeKind.SCHEDULE,
        "time_zone": ChangeKind.SCHEDULE,  # the quota's day begins elsewhere
        "title": ChangeKind.TEXT,
        "description": ChangeKind.TEXT,
        "host": ChangeKind.TEXT,
        "tags": ChangeKind.TEXT,
        "contact_email": ChangeKind.TEXT,
        "status": ChangeKind.TEXT,
        "published_at": ChangeKind.TEXT,
        "*": ChangeKind.OTHER,  # a reward, for one
    },
    "page": {"*": ChangeKind.TEXT},
    "sponsor": {"*": ChangeKind.TEXT},
    "terms": {"*": ChangeKind.RULES},
    "data": {
        "title": ChangeKind.TEXT,
        "notes": ChangeKind.TEXT,
        "description": ChangeKind.TEXT,
        "position": ChangeKind.TEXT,
        "*": ChangeKind.DATA,
    },
    "division": {"title": ChangeKind.TEXT, "position": ChangeKind.TEXT, "*": ChangeKind.OTHER},
    "task": {
        "name": ChangeKind.TEXT,
        "position": ChangeKind.TEXT,
        "sample_submission_id": ChangeKind.DATA,
        "sample_submission_name": ChangeKind.TEXT,
        "starting_kit_id": ChangeKind.TEXT,  # made anew by every newer site: the contract and the data are compared
        "truth": ChangeKind.TRUTH,
        "split": ChangeKind.SPLIT,
        "metrics": ChangeKind.METRIC,
        "public_decimals": ChangeKind.METRIC,
        "version": ChangeKind.TRUTH,
        "contract": ChangeKind.OTHER,
        "inputs_digest": ChangeKind.DATA,
        "*": ChangeKind.OTHER,
    },
    "phase": {
        "name": ChangeKind.TEXT,
        "position": ChangeKind.TEXT,
        "starts_at": ChangeKind.SCHEDULE,
        "ends_at": ChangeKind.SCHEDULE,
        "max_submissions_per_day": ChangeKind.QUOTA,
        "max_submissions": ChangeKind.QUOTA,
        "max_rejected_per_day": ChangeKind.QUOTA,
        "max_file_bytes": ChangeKind.QUOTA,
        "max_concurrent": ChangeKind.QUOTA,
        "late_submissions": ChangeKind.SCHEDULE,
        "submission_rule": ChangeKind.RULES,
        "*": ChangeKind.OTHER,
    },
    "board": {
        "": ChangeKind.OTHER,
        "title": ChangeKind.TEXT,
        "show_tied": ChangeKind.TEXT,
        "*": ChangeKind.METRIC,
    },
}


def kind_of(noun: str, field: str) -> ChangeKind:
    """What a changed field is of. A noun or field that is not in the table is guarded, never free."""
    fields = KINDS.get(noun, {})
    return fields.get(field) or fields.get("*") or ChangeKind.OTHER


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a change makes different. `old` and `new` may be told to everybody; of hidden things they are
    None. An empty `field`: the whole record is new, or gone."""

    noun: str
    key: str
    field: str
    old: Any = None
    new: Any = None
    name: Mapping[str, str] | None = None  # of the record, as people know it

    @property
    def kind(self) -> ChangeKind:
        return kind_of(self.noun, self.field)

    @property
    def is_guarded(self) -> bool:
        return self.kind != ChangeKind.TEXT

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def differences_in(stored: Iterable[Mapping[str, Any]]) -> list[Difference]:
    return [Difference(**one) for one in stored]


def kinds_of(differences: Iterable[Difference]) -> list[str]:
    """The guarded kinds, each once, in the order of the enumeration."""
    found = {one.kind for one in differences if one.is_guarded}
    return [kind.value for kind in ChangeKind if kind in found]

"""Hints that several accounts may be one person: for organisers to look at, never acted upon.

Two things are compared: the very same file sent by different teams, and addresses that differ in what mail servers
ignore (Ann.Lee+2@example.org and annlee@example.org). Neither proves anything: a sample is sent by many.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count

from competitions.models import Competition, Submission, TeamMember

MOST = 50


class HintKind(StrEnum):
    SAME_FILE = "same_file"
    SAME_ADDRESS = "same_address"


@dataclass(frozen=True, slots=True)
class AccountHint:
    """Teams that have something in common. `evidence`: the file's digest, or the address as servers read it."""

    kind: HintKind
    evidence: str
    teams: tuple[str, ...]
    people: tuple[str, ...]


def account_hints(competition: Competition) -> list[AccountHint]:
    return [*_same_files(competition), *_same_addresses(competition)][:MOST]


def _same_files(competition: Competition) -> list[AccountHint]:
    """Without the organiser's own samples, which everybody may send."""
    samples = competition.tasks.exclude(sample_submission=None).values("sample_submission")
    sent = Submission.objects.filter(team__competition=competition, frozen_from=None).exclude(blob__in=samples)
    shared = sent.order_by().values("blob").annotate(teams=Count("team", distinct=True)).filter(teams__gt=1)
    found: dict[str, list[tuple[str, str]]] = {}
    rows = sent.filter(blob__in=shared.values("blob")).order_by("pk")
    for digest, team, person in rows.values_list("blob__sha256", "team__name", "user__username"):
        found.setdefault(digest, []).append((team, person))
    return [_hint(HintKind.SAME_FILE, digest, pairs) for digest, pairs in found.items()]


def _same_addresses(competition: Competition) -> list[AccountHint]:
    found: dict[str, list[tuple[str, str]]] = {}
    members = TeamMember.objects.filter(competition=competition).order_by("pk")
    for email, team, person in members.values_list("user__email", "team__name", "user__username"):
        found.setdefault(mailbox(email), []).append((team, person))
    return [_hint(HintKind.SAME_ADDRESS, key, pairs) for key, pairs in _shared(found).items() if key]


def _shared(found: Mapping[str, list[tuple[str, str]]]) -> dict[str, list[tuple[str, str]]]:
    return {key: pairs for key, pairs in found.items() if len({team for team, _ in pairs}) > 1}


def _hint(kind: HintKind, evidence: str, pairs: Iterable[tuple[str, str]]) -> AccountHint:
    known = list(dict.fromkeys(pairs))
    teams, people = (tuple(dict.fromkeys(pair[index] for pair in known)) for index in (0, 1))
    return AccountHint(kind, evidence, teams, people)


def mailbox(email: str) -> str:
    """The address without what many servers ignore: case, dots, and an ending after a plus sign.

    Example: Ann.Lee+2@Example.org -> annlee@example.org
    """
    name, _, domain = email.casefold().rpartition("@")
    plain = name.partition("+")[0].replace(".", "")
    return f"{plain}@{domain}" if plain else ""

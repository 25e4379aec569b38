"""Prove the audit log: find rows that were changed, removed, reordered or cut off the end. Exit status 1 if any were.

Keep the output of --json somewhere else and give it back with --against: that shows, too, when a whole older copy of
the log was put in the place of the newer one.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from competitions.models import Competition
from competitions.services.audit_proofs import ChainProof, missing_triggers, prove


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--competition", metavar="SLUG", help="only this contest's chain")
        parser.add_argument("--json", action="store_true", help="for programs, and to keep for --against")
        parser.add_argument("--against", metavar="FILE", type=Path, help="an earlier output of --json")

    def handle(self, *args: Any, **options: Any) -> None:
        known = _known(options["against"]) if options["against"] else []
        proofs = prove(_competition(options["competition"]), known=known)
        triggers = missing_triggers()
        self.stdout.write(_as_json(proofs, triggers) if options["json"] else _as_text(proofs, triggers))
        if triggers or not all(proof.is_whole for proof in proofs):
            sys.exit(1)


def _competition(slug: str | None) -> Competition | None:
    if slug is None:
        return None
    found = Competition.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"there is no contest '{slug}'; see manage.py verify_audit without --competition")
    return found


def _known(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        chains = json.loads(path.read_text())["chains"]
        return [{"chain": one["chain"], "count": int(one["count"]), "last_hash": one["last_hash"]} for one in chains]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is not an output of verify_audit --json: {error}") from None


def _as_json(proofs: Sequence[ChainProof], triggers: Sequence[str]) -> str:
    chains = [
        {"chain": one.chain, "count": one.count, "last_hash": one.last_hash, "problems": list(one.problems)}
        for one in proofs
    ]
    is_whole = not triggers and all(one.is_whole for one in proofs)
    return json.dumps({"is_whole": is_whole, "missing_triggers": list(triggers), "chains": chains}, indent=2)


def _as_text(proofs: Sequence[ChainProof], triggers: Sequence[str]) -> str:
    lines = [f"the database lacks the trigger {name}, which keeps rows as they are" for name in triggers]
    for proof in proofs:
        verdict = "whole" if proof.is_whole else f"{len(proof.problems)} problems"
        lines += [f"{proof.chain}: {proof.count} rows, {verdict}", *(f"    {text}" for text in proof.problems)]
    return "\n".join(lines)

"""Run a contestant's program again from the record of a run, and say whether it writes the same bytes.

Exit status 0: bit-identical. 1: something differs. 2: it cannot be repeated here, and why.
"""

import dataclasses
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from competitions.services import boxes, repeats, scoring_runs
from competitions.services.repeats import Difference, NotRepeatable, Repeat
from competitions.store import Store
from sandbox import SandboxError

DIFFERENT, IMPOSSIBLE = 1, 2


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("execution", type=int, metavar="EXECUTION", help="the number of the run")
        parser.add_argument("--json", action="store_true", help="one JSON document instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        found = self._repeat(options["execution"])
        self.stdout.write(json.dumps(_document(found), indent=1) if options["json"] else "\n".join(_lines(found)))
        if not found.is_identical:
            raise SystemExit(DIFFERENT)

    def _repeat(self, execution: int) -> Repeat:
        fit = scoring_runs.examine(boxes.make_runner)
        try:
            if not fit.is_fit:
                raise CommandError("no program is run here: " + "; ".join(fit.findings), returncode=IMPOSSIBLE)
            return repeats.repeat(execution, runner=fit.runner, store=Store(settings.FILES_DIR))
        except (NotRepeatable, SandboxError) as error:
            raise CommandError(f"not repeated: {error}", returncode=IMPOSSIBLE) from error
        finally:
            fit.runner.close()


def _document(found: Repeat) -> dict[str, Any]:
    return {"verdict": "bit-identical" if found.is_identical else "different", **dataclasses.asdict(found)}


def _lines(found: Repeat) -> list[str]:
    verdict = f"bit-identical: {found.files} files" if found.is_identical else "different:"
    box = [] if found.same_box else ["(the box is made otherwise today than it was then)"]
    return [verdict, *map(_line, found.differences), *box]


def _line(one: Difference) -> str:
    place = f" in time step {one.step}" if one.step else ""
    if one.what == "outcome":
        return f"  the program ended as {one.now or 'never begun'}{place}; it was {one.was or 'never begun'}"
    digests = " -> ".join(digest[:16] for digest in (one.was, one.now) if digest)
    return f"  {one.what}: {one.name}{place} ({digests})"

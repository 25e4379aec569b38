"""manage.py dry_run SLUG: try a contest before its launch, here and now, and say what stands in the way."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from competitions.management import trying
from competitions.models import Competition, Probe
from competitions.queries.checklists import Checklist, checklist
from sandbox import SandboxError

RED, REFUSED_TO_START = 1, 2


class Command(BaseCommand):
    help = (
        "Score submissions made of the truth (perfect, constant, random, shuffled, noisy, broken) as contestants' "
        "are, and print the checklist. Exit codes: 0 nothing is red, 1 something is, 2 cannot begin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--json", action="store_true", help="everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        competition = Competition.objects.filter(slug=options["slug"]).first()
        if competition is None:
            raise CommandError(f"there is no contest '{options['slug']}'", returncode=REFUSED_TO_START)
        try:
            trying.try_here(competition, actor=None)
        except SandboxError as error:
            raise CommandError(str(error), returncode=REFUSED_TO_START) from error
        found = checklist(competition, now=timezone.now())
        probes = list(Probe.objects.filter(dry_run=found.dry_run).select_related("scoring_version__task"))
        if options["json"]:
            self.stdout.write(json.dumps(_document(found, probes), indent=1, ensure_ascii=False))
        else:
            self._tell(found, probes)
        if found.red:
            count = len(found.red)
            raise CommandError(f"{count} {'thing is' if count == 1 else 'things are'} red", returncode=RED)

    def _tell(self, found: Checklist, probes: list[Probe]) -> None:
        for probe in probes:
            scores = " ".join(
                f"{side}.{key}={value:.6g}"
                for side, values in (("public", probe.public), ("private", probe.private))
                for key, value in values.items()
            )
            told = scores or probe.reason or "; ".join(str(one.get("message", "")) for one in probe.problems[:2])
            used = f" {probe.wall_seconds:.2f} s {probe.peak_memory_mib:.0f} MiB" if probe.wall_seconds else ""
            self.stdout.write(f"{probe.scoring_version.task.key} {probe.key}: {probe.outcome}{used} {told}")
        for line in trying.lines_of(found.items):
            self.stdout.write(line)


def _document(found: Checklist, probes: list[Probe]) -> dict[str, Any]:
    return {
        "is_launchable": found.is_launchable,
        "checklist": [
            {"key": item.key, "state": item.state, "sentence": item.sentence, "todo": item.todo} for item in found.items
        ],
        "probes": [_probe(probe) for probe in probes],
    }


def _probe(probe: Probe) -> dict[str, Any]:
    names = (
        "key",
        "expected",
        "outcome",
        "public",
        "private",
        "wall_seconds",
        "peak_memory_mib",
        "file_bytes",
        "reason",
    )
    version = probe.scoring_version
    of = {"task": version.task.key, "scoring_version": version.number}
    return {**of, **{name: getattr(probe, name) for name in names}, "problems": probe.problems}

"""manage.py import_competition DIR: make or update a contest from its files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from competitions.bundles import changing
from competitions.bundles.loading import FILE_NAME, Bundle, read_bundle
from competitions.bundles.problems import InvalidCompetition, Problem
from competitions.bundles.revisions import keep_folder
from competitions.management import trying
from competitions.models import Competition, Membership, User
from competitions.services import boxes, change_requests, program_runs
from competitions.services.change_requests import CannotChange
from competitions.services.competition_files import truth_refusals
from competitions.services.competitions import Imported, import_with_report
from competitions.services.descriptions import CannotImport
from competitions.services.launching import NotReady
from competitions.services.scoring_versions import WaitingVersion, go_live_due
from competitions.status import CompetitionStatus, Role
from competitions.store import Store
from sandbox import SandboxError

MISTAKES, REFUSED_TO_START = 1, 2
TICK_HINT = "what is yellow may be accepted with --accept REASON"


class Command(BaseCommand):
    help = (
        "Make or update a contest from the folder that holds its competition.yaml. Every mistake is told at once, with "
        "its line; then nothing is imported. Exit codes: 0 imported (or nothing wrong), 1 mistakes, 2 cannot begin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help=f"the folder that holds {FILE_NAME}")
        status = parser.add_mutually_exclusive_group()
        status.add_argument(
            "--publish", action="store_true", help="try the contest, and show it to everybody unless something is red"
        )
        status.add_argument("--draft", action="store_true", help="show it to those who work on it only")
        parser.add_argument("--owner", metavar="USERNAME", help="who owns a new contest, or organises the one there is")
        parser.add_argument(
            "--rescore", action="store_true", help="score existing submissions again under a changed truth or metric"
        )
        parser.add_argument(
            "--accept",
            metavar="REASON",
            help="with --publish: why everything that is yellow in the dry run is all right",
        )
        parser.add_argument(
            "--propose",
            action="store_true",
            help="of a launched contest: draft a change for a second person's approval",
        )
        parser.add_argument("--reason", default="", help="with --propose: why; everybody who takes part reads it")
        parser.add_argument("--reason-ja", default="", help="with --propose: the same in Japanese")
        parser.add_argument("--check", action="store_true", help="say what is wrong, truth included, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        directory: Path = options["directory"]
        if not (directory / FILE_NAME).is_file():
            raise CommandError(f"there is no {FILE_NAME} in '{directory}'", returncode=REFUSED_TO_START)
        bundle = self._read(directory)
        try:
            if options["check"] or bundle.problems:
                self._check(bundle)
            elif options["propose"]:
                self._propose(directory, bundle, options)
            else:
                self._import(bundle, options)
        except SandboxError as error:
            for problem in bundle.problems:
                self.stderr.write(str(problem))
            message = f"this machine could not examine the truth (manage.py doctor may say why): {error}"
            raise CommandError(message, returncode=REFUSED_TO_START) from error

    def _read(self, directory: Path) -> Bundle:
        try:
            bundle = read_bundle(directory)
        except InvalidCompetition as error:
            raise self._mistakes(error.problems) from None
        for warning in bundle.warnings:
            self.stderr.write(str(warning), self.style.WARNING)
        return bundle

    def _check(self, bundle: Bundle) -> None:
        """Every mistake there is to find: those of the file, and those of the truths that can be examined already."""
        refusals = truth_refusals(bundle.tasks, normalise_truth=boxes.normalise_truth, try_sample=_try_sample)
        problems = [*bundle.problems, *bundle.problems_of(refusals)]
        if problems:
            raise self._mistakes(problems)
        self.stdout.write(f"{bundle.description.slug}: nothing is wrong", self.style.SUCCESS)

    def _import(self, bundle: Bundle, options: dict[str, Any]) -> None:
        now = timezone.now()
        program_runs.announce(program_runs.offered_runtimes())
        actor, store = _actor(options["owner"], bundle.description.slug), Store(settings.FILES_DIR)
        try:
            imported = import_with_report(
                bundle.description,
                actor=actor,
                now=now,
                store=store,
                normalise_truth=boxes.normalise_truth,
                try_sample=_try_sample,
                draft=options["draft"],
                rescore=options["rescore"],
            )
        except CannotImport as error:
            raise self._mistakes(bundle.problems_of(error.refusals)) from None
        competition, folder = imported.competition, options["directory"]
        keep_folder(competition, bundle, folder, actor=actor, now=now, store=store)
        go_live_due(now=now)
        if options["publish"] and imported.competition.status == CompetitionStatus.DRAFT:
            self._launch(imported, options)
        self._tell(imported)

    def _launch(self, imported: Imported, options: dict[str, Any]) -> None:
        """The dry run in the foreground, then the launch. The contest stays a draft where it is refused."""
        competition = imported.competition
        actor = _actor(options["owner"], competition.slug)
        try:
            trying.try_here(competition, actor=actor)
            trying.launch_here(competition, actor=actor, reason=options["accept"] or "")
        except NotReady as error:
            for line in trying.lines_of(error.items):
                self.stderr.write(line)
            self._tell(imported)
            message = "imported as a draft; the dry run forbids the launch"
            raise CommandError(f"{message} ({TICK_HINT})", returncode=MISTAKES) from None

    def _propose(self, directory: Path, bundle: Bundle, options: dict[str, Any]) -> None:
        now, slug = timezone.now(), bundle.description.slug
        if not options["owner"]:
            raise CommandError("say who proposes it: --owner USERNAME", returncode=REFUSED_TO_START)
        actor = _actor(options["owner"], slug)
        program_runs.announce(program_runs.offered_runtimes())
        try:
            change = changing.draft_change(
                directory,
                bundle.description,
                actor=actor,
                reason=change_requests.reasons(options["reason"], options["reason_ja"]),
                now=now,
                store=Store(settings.FILES_DIR),
                normalise_truth=boxes.normalise_truth,
                try_sample=_try_sample,
            )
        except CannotImport as error:
            raise self._mistakes(bundle.problems_of(error.refusals)) from None
        except CannotChange as error:
            raise CommandError(str(error), returncode=MISTAKES) from None
        self.stdout.write(f"{slug}: change {change.pk} is drafted ({', '.join(change.kinds)})", self.style.SUCCESS)
        if change.effect is None:
            self.stdout.write("  submissions are being scored for it, beside the live ones; when its effect is there:")
        self.stdout.write(f"  manage.py changes {slug} propose {change.pk} --as {actor.get_username()}")

    def _mistakes(self, problems: Any) -> CommandError:
        found: list[Problem] = sorted(set(problems))
        for problem in found:
            self.stderr.write(str(problem))
        text = ngettext(
            "%(count)s mistake; nothing was imported", "%(count)s mistakes; nothing was imported", len(found)
        )
        return CommandError(text % {"count": len(found)}, returncode=MISTAKES)

    def _tell(self, imported: Imported) -> None:
        competition = imported.competition
        done = "made" if imported.is_new else "updated" if imported.changes else "already as described"
        self.stdout.write(f"{competition.slug}: {done} ({competition.get_status_display()})", self.style.SUCCESS)
        for change in imported.changes if not imported.is_new else ():
            self.stdout.write(f"  {change}")
        for waiting in imported.waiting:
            self.stdout.write(_waiting_sentence(waiting), self.style.WARNING)
        if competition.status == CompetitionStatus.DRAFT:
            self.stdout.write("  only those who work on it see a draft; --publish shows it to everybody")


def _waiting_sentence(waiting: WaitingVersion) -> str:
    start = f"  task {waiting.task}: scoring version {waiting.number} waits, version {waiting.live_number} is live; "
    if waiting.is_rescoring:
        return f"{start}it goes live when every submission has been scored under it"
    return f"{start}{waiting.submissions} submissions still hold it; --rescore scores them under the new one"


def _actor(username: str | None, slug: str) -> User:
    """Who imports: the person named, else the owner of the contest there is."""
    if username:
        named = User.objects.filter(username=username).first()
        if named is None:
            raise CommandError(f"there is no person with the name '{username}'", returncode=REFUSED_TO_START)
        return named
    competition = Competition.objects.filter(slug=slug).first()
    owner = Membership.objects.filter(competition=competition, role=Role.OWNER).first() if competition else None
    if owner is None:
        message = f"'{slug}' would be a new contest: say whose it is with --owner USERNAME"
        raise CommandError(message, returncode=REFUSED_TO_START)
    return owner.user


def _try_sample(job: boxes.ScoringJob) -> boxes.Verdict:
    return boxes.score_prediction(job, runner=boxes.make_runner())

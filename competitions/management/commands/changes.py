"""manage.py changes SLUG: the proposed changes of a launched contest, and the steps that people take with them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from competitions.bundles import changing
from competitions.change_rules import ChangeStatus, differences_in
from competitions.change_texts import effect_texts, told_differences
from competitions.models import ChangeRequest, Competition, User
from competitions.services import change_requests
from competitions.services.change_requests import CannotChange

STEPS = ("show", "effect", "propose", "approve", "refuse", "withdraw")
DECISIONS = frozenset(STEPS[2:])


class Command(BaseCommand):
    help = (
        "List the proposed changes of a contest, look at one, or take a step with it. A change is drafted with "
        "import_competition DIR --propose; a second person who reviews, owns or organises the contest approves it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the contest")
        parser.add_argument("step", nargs="?", choices=STEPS, help="without it: list all")
        parser.add_argument("number", nargs="?", type=int, help="of the change")
        parser.add_argument("--as", dest="user", metavar="USERNAME", help="whose step it is; it goes into the log")
        parser.add_argument("--reason", default="", help="why it is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        competition = Competition.objects.filter(slug=options["slug"]).first()
        if competition is None:
            raise CommandError(f"there is no contest '{options['slug']}'")
        if options["step"] is None:
            self._list(competition)
            return
        change = competition.change_requests.filter(pk=options["number"] or 0).first()
        if change is None:
            raise CommandError(f"'{competition.slug}' has no change {options['number'] or '(say its number)'}")
        try:
            self._take(change, options)
        except CannotChange as error:
            raise CommandError(str(error)) from None
        self._show(change)

    def _list(self, competition: Competition) -> None:
        for change in competition.change_requests.all():
            kinds = ", ".join(change.kinds)
            self.stdout.write(f"{change.pk}  {change.status}  {kinds}  {change.reason['en']}")
        if not competition.change_requests.exists():
            self.stdout.write("no change was proposed")

    def _take(self, change: ChangeRequest, options: dict[str, Any]) -> None:
        now, step = timezone.now(), options["step"]
        if step == "effect":
            changing.refresh_effect(change, now=now)
        if step not in DECISIONS:
            return
        actor = _person(options["user"], step)
        if step == "propose":
            changing.refresh_effect(change, now=now)
            change_requests.propose(change, actor=actor, now=now)
        elif step == "approve":
            change_requests.approve(change, actor=actor, now=now)
            changing.apply_change(change, now=now)
        elif step == "refuse":
            change_requests.refuse(change, actor=actor, why=options["reason"], now=now)
        else:
            change_requests.withdraw(change, actor=actor, now=now)

    def _show(self, change: ChangeRequest) -> None:
        change.refresh_from_db()
        self.stdout.write(f"change {change.pk}: {change.status} {change.decision}".rstrip(), self.style.SUCCESS)
        self.stdout.write(f"  why: {change.reason['en']}")
        for line in told_differences(differences_in(change.differences), change.competition.zone):
            self.stdout.write(f"  {line}")
        for line in effect_texts(change.effect or {}, with_private=True):
            self.stdout.write(f"  {line}")
        if change.effect is None and change.status == ChangeStatus.DRAFT:
            self.stdout.write(f"  {change_requests.unscored(change)} submissions are still to be scored for its effect")


def _person(username: str | None, step: str) -> User:
    if not username:
        raise CommandError(f"say whose step it is: {step} needs --as USERNAME")
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"there is no person with the name '{username}'")
    return user

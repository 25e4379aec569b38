"""What every page of a workspace needs: the contest, its revisions, the newest one and what is wrong with it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from competitions.bundles.checks import LANGUAGE_NAMES
from competitions.bundles.originals import FILE_NAME
from competitions.bundles.problems import Problem
from competitions.bundles.revisions import Findings, document_of, findings_of
from competitions.bundles.rewriting import written
from competitions.bundles.schema import FORMAT
from competitions.bundles.steps import KEYS, REVIEW, step_of
from competitions.localised import LANGUAGES
from competitions.models import Competition, Revision, Workspace
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.queries.workspaces import newest_revision
from competitions.services import workspaces
from competitions.services.workspaces import Files
from competitions.store import Store

TITLES: Final[Mapping[str, Promise]] = {
    "basics": _("Basics"),
    "pages": _("Pages"),
    "data": _("Data"),
    "truth": _("Truth and split"),
    "metric": _("Metric and contract"),
    "rules": _("Rules and consents"),
    "schedule": _("Schedule"),
    "people": pgettext_lazy("step", "Divisions, jury, sponsors"),
    REVIEW: _("Review"),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    key: str
    title: str
    problems: int


@dataclass(frozen=True, slots=True)
class Meter:
    """How many texts are there in every language."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100


@dataclass
class Desk:
    contest: Contest
    workspace: Workspace
    store: Store

    @property
    def competition(self) -> Competition:
        return self.contest.competition

    @cached_property
    def revision(self) -> Revision | None:
        return newest_revision(self.workspace)

    @cached_property
    def text(self) -> str:
        return self.revision.text if self.revision else starting_text(self.competition)

    @cached_property
    def files(self) -> Files:
        return workspaces.files_of(self.revision) if self.revision else {}

    @cached_property
    def values(self) -> dict[str, Any]:
        document = document_of(self.text)
        return document.values if document is not None else {}

    @cached_property
    def is_readable(self) -> bool:
        return document_of(self.text) is not None

    @cached_property
    def findings(self) -> Findings:
        return findings_of(self.text, self.files, self.store)

    @cached_property
    def zone(self) -> ZoneInfo:
        name = self.values.get("timezone")
        try:
            return ZoneInfo(name) if isinstance(name, str) and name else self.competition.zone
        except (ValueError, OSError, KeyError):
            return self.competition.zone

    @cached_property
    def steps(self) -> list[StepRow]:
        counts = Counter(step_of(problem) for problem in self.findings.problems)
        counts[REVIEW] = len(self.findings.problems)
        return [StepRow(key, str(TITLES[key]), counts[key]) for key in KEYS]

    @cached_property
    def meter(self) -> Meter:
        return meter_of(self.values)

    @cached_property
    def needs_change_control(self) -> bool:
        return workspaces.needs_change_control(self.competition)

    def problems_in(self, step: str) -> list[Problem]:
        return [problem for problem in self.findings.problems if step_of(problem) == step]

    def warnings_in(self, step: str) -> list[Problem]:
        return [problem for problem in self.findings.warnings if step_of(problem) == step]

    def render(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        context = {"desk": self, "workspace": self.workspace, "file_name": FILE_NAME, **context}
        return render_contest(self.contest, template, tab="organiser", status=status, **context)


def find_desk(request: HttpRequest, slug: str) -> Desk:
    """Through the query of those who organise; anybody else is told that there is no such page."""
    contest = find_organised(request, slug)
    return Desk(contest, workspaces.workspace_of(contest.competition), Store(settings.FILES_DIR))


def starting_text(competition: Competition) -> str:
    """What a contest is known to be before anything else was written."""
    known = {
        "schema": FORMAT,
        "slug": competition.slug,
        "title": dict(competition.title),
        "timezone": competition.time_zone,
        "contact_email": competition.contact_email,
    }
    return written(known)


def meter_of(value: Any) -> Meter:
    """Texts are {en, ja}, as far as they are written at all."""
    done, total = _counted(value)
    return Meter(done, total)


def _counted(value: Any) -> tuple[int, int]:
    if isinstance(value, dict) and value and set(value) <= set(LANGUAGE_NAMES):
        return (int(all(value.get(code) for code in LANGUAGES)), 1)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    counts = [_counted(part) for part in parts]
    return sum(done for done, _ in counts), sum(total for _, total in counts)

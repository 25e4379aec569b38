"""Can the questions of a contest be answered, and does the needed answer exist?"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from competitions.bundles.checks import repeated, undefined
from competitions.bundles.file_checks import text_problems
from competitions.bundles.folder import Folder
from competitions.bundles.problems import Problem
from competitions.bundles.sections import Section


def participation_problems(contest: Section, folder: Folder) -> Iterator[Problem]:
    part = contest.at("participation")
    for name in ("questions", "consents"):
        yield from repeated(part.items(name), "key")
    for question in part.items("questions"):
        yield from _question_problems(question)
    yield from text_problems(contest.at("data_terms").at("file"), folder)


def _question_problems(question: Section) -> Iterator[Problem]:
    kind, eligible = question.text("kind"), question.at("eligible")
    yield from repeated(question.items("choices"), "key")
    if kind == "choice" and not question.has("choices"):
        yield question.problem(_("a question of the kind 'choice' needs 'choices' to choose from"))
    if kind in {"yes_no", "text"} and question.has("choices"):
        text = _("only the kind 'choice' has choices, and this is '%(kind)s'")
        yield question.at("choices").problem(text % {"kind": kind})
    if not question.has("eligible"):
        return
    if question.at("optional").value is True:
        yield question.at("optional").problem(_("an answer that is needed to take part cannot be left empty"))
    if kind == "text":
        yield eligible.problem(_("no text can be needed to take part; ask with 'kind: yes_no' or 'kind: choice'"))
    elif kind == "yes_no" and not isinstance(eligible.value, bool):
        yield eligible.problem(_("the answer that is needed should be true (yes) or false (no)"))
    elif kind == "choice" and not isinstance(eligible.value, list):
        yield eligible.problem(_("the answers that are needed should be a list of keys of 'choices'"))
    elif kind == "choice":
        known = [one.text("key") for one in question.items("choices")]
        yield from undefined(question.texts("eligible"), "choice", known)

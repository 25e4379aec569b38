"""A contest whose private side can be recognised wherever it turns up, and the search for it."""

import re
from collections.abc import Iterator
from itertools import pairwise

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from competitions.models import Evaluation, Execution, Submission, Task
from competitions.services import evaluations
from competitions.services.evaluations import ScoringResult
from tests import makers
from tests.competitions.stage import Stage, set_up

# -- what is looked for -----------------------------------------------------------------------------------------------

# By place on the public board, the first one first; on the private board it is the other way round.
PRIVATE_RMSE = {1: 0.9174628305, 2: 0.8391746250, 3: 0.7391824655, 4: 0.6482910374, 5: 0.6173925846}
PRIVATE_MAE = {1: 0.9638527419, 2: 0.8572916384, 3: 0.7836194527, 4: 0.6729184635, 5: 0.6351827496}
PRIVATE_SCENE = 0.9472618359
PRIVATE_SUM = 91827364.5
PRIVATE_ENDS = {"low": 0.5628193746, "high": 0.9916472835}
SECRETS = [*PRIVATE_RMSE.values(), *PRIVATE_MAE.values(), PRIVATE_SCENE, *PRIVATE_ENDS.values()]
TEAMS = ["contestant team", "rival team", "Mole team", "Albatross team", "Zebra team"]
TRUTH_DIGEST = ("c0ffee" * 11)[:64]
WORKER = "worker-host-19:4242"
FAULT = f"SandboxError: /srv/tidemark/truth/{TRUTH_DIGEST} {PRIVATE_RMSE[3]}"
TRUTH = {"path": "truth/hidden-solution.csv", "split": {"by": "hash", "seed": "seed-nobody-knows", "public": 0.3}}


def digits_of(value: float) -> Iterator[str]:
    """A share as people and programs write it, with three digits or more, rounded or cut off: 0.739, 73.9, 7.391e-01;
    and its first seven digits however they are written.

    That no digit stands before is asked after the first one: with a digit in front, alternatives are told apart by it.
    """
    for shown in {f"{value:.3f}", f"{int(value * 1000) / 1000:.3f}"}:
        digits = shown.removeprefix("0.")
        first = digits[0]
        yield rf"0(?<!\d0)[.,]{digits}"
        yield rf"{first}(?<!\d{first}){digits[1]}[.,]{digits[2]}"
        yield rf"{first}(?<!\d{first})[.,]{digits[1:]}"
    yield str(value).removeprefix("0.")[:7]


SCORES = re.compile("|".join(pattern for value in SECRETS for pattern in digits_of(value)))
NAMES = re.compile("hidden-scene|hidden-solution|seed-nobody-knows|private_detail|91827364")
INNARDS = re.compile(
    "|".join(map(re.escape, [TRUTH_DIGEST[:16], WORKER, "Traceback", "/srv/tidemark", "site-packages"]))
    + "|".join(["", *(re.escape(str(path)) for path in (settings.TIDEMARK_HOME, settings.BASE_DIR))])
)
TEAM = re.compile("|".join(TEAMS))


def found_in(text: str) -> set[str]:
    found = {match.group() for pattern in (SCORES, NAMES, INNARDS) for match in pattern.finditer(text)}
    return found | ({"the private order"} if has_private_order(text) else set())


def has_private_order(text: str) -> bool:
    """Do three teams stand one after the other as on the private board?"""
    order = [TEAMS.index(name) for name in TEAM.findall(text)]
    steps = [after - before == -1 for before, after in pairwise(order)]
    return any(both == (True, True) for both in pairwise(steps))


def searched(answer: HttpResponse) -> str:
    """Status line, headers, cookies and body, without the digits of instants, which might be those of a score."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    head = f"{answer.status_code} {answer.reason_phrase}\n{answer.headers}\n{answer.cookies.output()}\n"
    return re.sub(r"\d\d:\d\d:\d\d(\.\d+)?", "--:--:--", head + content.decode("utf-8", "replace"))


# -- the contest ------------------------------------------------------------------------------------------------------


def make_result(place: int) -> ScoringResult:
    private = {"rmse": PRIVATE_RMSE[place], "mae": PRIVATE_MAE[place]}
    scenes = {"public": "open-scene", "private": "hidden-scene-77"}
    values = {"public": place / 8, "private": PRIVATE_SCENE}
    public, hidden = (
        [{"name": scenes[split], "split": split, "metrics": {"rmse": values[split], "mae": values[split]}}]
        for split in ("public", "private")
    )
    statistics = {"hidden-scene-77": {"sum": PRIVATE_SUM}}
    scores = {"rmse": place / 8, "mae": place / 16}
    open_intervals = {key: {"low": value / 2, "high": value * 2, "level": 0.95} for key, value in scores.items()}
    intervals = {key: {**PRIVATE_ENDS, "level": 0.95} for key in private}
    return ScoringResult(scores, private, public, hidden, statistics, open_intervals, intervals)


def score_after_a_fault(submission: Submission, place: int) -> None:
    """The first worker had a fault of ours; what it said of it is for operators."""
    claim = makers.claim_of(submission, WORKER)
    evaluations.give_back(claim, now=timezone.now(), detail=FAULT)
    evaluations.record(makers.claim_of(submission, WORKER), make_result(place), now=timezone.now())


def set_up_secret() -> Stage:
    """Five scored teams; the last submission of the contestant and those of three teams had a fault of ours first."""
    stage = set_up(make_result)
    for place, name in enumerate(TEAMS[2:], start=3):
        score_after_a_fault(makers.make_submission(makers.make_team(stage.competition, name.split()[0])), place)
    score_after_a_fault(makers.make_submission(stage.team, content=b"id,y\na,4\n"), 1)
    Task.objects.filter(pk=stage.task.pk).update(truth=TRUTH)
    stage.task.scoring_versions.update(truth_digest=TRUTH_DIGEST, program={"params": {"offset": PRIVATE_SUM}})
    # The log of an organiser's own metric may hold anything.
    Evaluation.objects.update(program_log=f"{PRIVATE_RMSE[2]} hidden-scene-77 Traceback {PRIVATE_SUM}")
    # So may that of a contestant's program, which has seen the hidden inputs.
    Execution.objects.update(log=f"{PRIVATE_RMSE[2]} hidden-scene-77", reason=f"Traceback {PRIVATE_SUM}")
    return stage


def others(stage: Stage, submission: Submission) -> Iterator[tuple[str, str]]:
    """Addresses of the submission that was scored after a fault: its page tells what happened to it."""
    names = ("submission", "submission_state", "submission_row", "submission_problems", "submission_receipt")
    for name in names:
        yield f"pages:{name}", reverse(f"pages:{name}", args=[stage.competition.slug, submission.pk])
    yield "api:submission", reverse("api:submission", args=[submission.pk])

"""States, legal moves, and the sentence a contestant reads for each. The whole truth about status lives here.

An evaluation (one scoring of a submission):

          claim                     record
queued ----------> running ------------------> scored
  ^                   | `------- reject ------> failed (with a kind)
  |---- requeue ------'                                        queued --> cancelled
waiting --> failed, cancelled    (a submission of code waits for its program's run, and is queued with what it wrote)

An execution (one run of a contestant's program) has the same picture; it ends in done, failed or cancelled, and unlike
a scoring it can be cancelled while it runs.
"""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class EvaluationStatus(TextChoices):
    WAITING = "waiting", _("program to run")
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("scoring")
    SCORED = "scored", _("scored")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class FailureKind(TextChoices):
    INVALID = "invalid", _("invalid file")
    PROGRAM = "program", _("program failed")
    PLATFORM = "platform", _("platform fault")
    METRIC = "metric", _("scoring program failed")
    TRIAL = "trial", _("trial run failed")
    STOPPED = "stopped", _("stopped by its team")


class ExecutionStatus(TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("run failed")
    CANCELLED = "cancelled", _("cancelled")


class ExecutionKind(TextChoices):
    """A trial on a few public inputs comes before the run that counts. A winner's program is run again after the end:
    that run belongs to the audit, and nothing of the contest follows from it."""

    TRIAL = "trial", _("trial run")
    FULL = "full", _("run on the test inputs")
    WINNER = "winner", _("run again for the audit")


class SubmissionKind(TextChoices):
    PREDICTION = "prediction", _("prediction")
    CODE = "code", _("program")


class FileCheckStatus(TextChoices):
    """A check before submitting: waiting -> running -> one of the others. Nobody is shown these words."""

    WAITING = "waiting"
    RUNNING = "running"
    CHECKED = "checked"
    SLOW = "slow"
    BROKEN = "broken"


MOVES: dict[EvaluationStatus, frozenset[EvaluationStatus]] = {
    EvaluationStatus.WAITING: frozenset({EvaluationStatus.QUEUED, EvaluationStatus.FAILED, EvaluationStatus.CANCELLED}),
    EvaluationStatus.QUEUED: frozenset({EvaluationStatus.RUNNING, EvaluationStatus.CANCELLED}),
    EvaluationStatus.RUNNING: frozenset({EvaluationStatus.QUEUED, EvaluationStatus.SCORED, EvaluationStatus.FAILED}),
    EvaluationStatus.SCORED: frozenset(),
    # An operator may put what is in REOPENED back into the queue; nothing else is reopened.
    EvaluationStatus.FAILED: frozenset({EvaluationStatus.QUEUED, EvaluationStatus.WAITING}),
    EvaluationStatus.CANCELLED: frozenset(),
}
EXECUTION_MOVES: dict[ExecutionStatus, frozenset[ExecutionStatus]] = {
    ExecutionStatus.QUEUED: frozenset({ExecutionStatus.RUNNING, ExecutionStatus.CANCELLED}),
    ExecutionStatus.RUNNING: frozenset(
        {ExecutionStatus.QUEUED, ExecutionStatus.DONE, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED}
    ),
    ExecutionStatus.DONE: frozenset(),
    ExecutionStatus.FAILED: frozenset({ExecutionStatus.QUEUED}),
    ExecutionStatus.CANCELLED: frozenset(),
}
UNFINISHED = frozenset({EvaluationStatus.WAITING, EvaluationStatus.QUEUED, EvaluationStatus.RUNNING})
CHOOSABLE = frozenset({EvaluationStatus.SCORED, *UNFINISHED})  # for the end
UNFINISHED_EXECUTIONS = frozenset({ExecutionStatus.QUEUED, ExecutionStatus.RUNNING})
# What a failure costs: a contestant's program that ran on the test inputs counts, whatever became of it; a file that
# was refused, a trial run and a fault of ours do not. A file on which the contest's own scoring program fails counts as
# if it had been scored, which it will be: were it free, whoever finds a file that brings the program down could ask the
# truth about as many as they like.
COUNTS_AGAINST_QUOTA: dict[FailureKind, bool] = {
    FailureKind.INVALID: False,
    FailureKind.PROGRAM: True,
    FailureKind.PLATFORM: False,
    FailureKind.METRIC: True,
    FailureKind.TRIAL: False,
    FailureKind.STOPPED: True,
}
# What is free and still takes a worker's time: so many a day, then no more until the next.
LIMITED_BY_DAY = frozenset({FailureKind.INVALID, FailureKind.TRIAL})
# Failures that no contestant caused; they can be put back into the queue once their cause is mended.
REOPENED = frozenset({FailureKind.PLATFORM, FailureKind.METRIC})


def can_move(old: str, new: str, *, failure_kind: str = "") -> bool:
    """Is old -> new legal? A failure is only ever reopened when no contestant caused it."""
    if new not in MOVES[EvaluationStatus(old)]:
        return False
    return old != EvaluationStatus.FAILED or failure_kind in REOPENED


def can_move_execution(old: str, new: str, *, failure_kind: str = "") -> bool:
    """The same for a run of a program."""
    if new not in EXECUTION_MOVES[ExecutionStatus(old)]:
        return False
    return old != ExecutionStatus.FAILED or failure_kind == FailureKind.PLATFORM


def sentence(status: str, failure_kind: str = "") -> str | Promise:
    """What the contestant reads."""
    if status == EvaluationStatus.FAILED:
        return FAILURE_SENTENCES[FailureKind(failure_kind)]
    return SENTENCES[EvaluationStatus(status)]


SENTENCES: dict[EvaluationStatus, str | Promise] = {
    EvaluationStatus.WAITING: _("Received. Its program runs first, then what it wrote is scored."),
    EvaluationStatus.QUEUED: _("Received. It waits for a free worker."),
    EvaluationStatus.RUNNING: _("A worker is scoring it now."),
    EvaluationStatus.SCORED: _("Scored."),
    EvaluationStatus.CANCELLED: _("Cancelled before scoring began."),
}
FAILURE_SENTENCES: dict[FailureKind, str | Promise] = {
    FailureKind.INVALID: _("The file does not fit the contract, so it was not scored. It costs no quota."),
    FailureKind.PROGRAM: _("The program did not finish properly. It counts against the quota."),
    FailureKind.PLATFORM: _("This was our fault, not yours. It costs no quota, and it is on the operators' list."),
    FailureKind.METRIC: _(
        "The contest's own scoring program failed on this file. The organisers can read why and will have it scored "
        "again. It counts against the quota like a scored one."
    ),
    FailureKind.TRIAL: _(
        "The trial run failed or was stopped, so the program did not run on the test inputs. It costs no quota."
    ),
    FailureKind.STOPPED: _("Stopped by its team while it ran on the test inputs. It counts against the quota."),
}


# What a contestant reads while a submission waits for its program: label, sentence, and what cancelling then costs.
RUN_LABELS: dict[tuple[ExecutionKind, ExecutionStatus], str | Promise] = {
    (ExecutionKind.TRIAL, ExecutionStatus.QUEUED): _("trial run: waiting"),
    (ExecutionKind.TRIAL, ExecutionStatus.RUNNING): _("trial run: running"),
    (ExecutionKind.FULL, ExecutionStatus.QUEUED): _("run on the test inputs: waiting"),
    (ExecutionKind.FULL, ExecutionStatus.RUNNING): _("running on the test inputs"),
}
RUN_SENTENCES: dict[tuple[ExecutionKind, ExecutionStatus], str | Promise] = {
    (ExecutionKind.TRIAL, ExecutionStatus.QUEUED): _(
        "Received. A trial run on a few public inputs comes first; it waits for a free worker."
    ),
    (ExecutionKind.TRIAL, ExecutionStatus.RUNNING): _("The program runs on a few public inputs now, as a trial."),
    (ExecutionKind.FULL, ExecutionStatus.QUEUED): _("The program waits for a free worker to run on the test inputs."),
    (ExecutionKind.FULL, ExecutionStatus.RUNNING): _(
        "The program runs on the test inputs now; then what it wrote is scored."
    ),
}
CANCELLING_COSTS: dict[tuple[ExecutionKind, ExecutionStatus], str | Promise] = {
    (ExecutionKind.TRIAL, ExecutionStatus.QUEUED): _("It then costs no quota."),
    (ExecutionKind.TRIAL, ExecutionStatus.RUNNING): _(
        "It then costs no quota, but is one of the refused files of the day."
    ),
    (ExecutionKind.FULL, ExecutionStatus.QUEUED): _("It then costs no quota."),
    (ExecutionKind.FULL, ExecutionStatus.RUNNING): _(
        "The program has begun to run on the test inputs: this submission counts against the quota all the same."
    ),
}


def run_text(
    texts: dict[tuple[ExecutionKind, ExecutionStatus], str | Promise], kind: str, status: str
) -> str | Promise | None:
    """From one of the tables above; None for a run that is over, of which its evaluation tells."""
    return texts.get((ExecutionKind(kind), ExecutionStatus(status)))


class CompetitionStatus(TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")


class DryRunStatus(TextChoices):
    """waiting -> running -> done or failed; running -> waiting when its worker was lost."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ProbeOutcome(TextChoices):
    """What became of a submission that was made from the truth to try a contest with."""

    ACCEPTED = "accepted", _("scored")
    REFUSED = "refused", _("refused")
    FAULT = "fault", _("failed on our side")
    NOT_MADE = "not_made", _("not run")


class CheckState(TextChoices):
    """An item of the checklist before a launch: red forbids it, yellow asks for a reason."""

    RED = "red", _("must be mended")
    YELLOW = "yellow", _("look at it")
    GREEN = "green", _("in order")


class PhaseState(TextChoices):
    """Computed from dates and now, never stored."""

    UPCOMING = "upcoming", _("not open yet")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class BoardKind(TextChoices):
    PUBLIC = "public", _("public")
    PRIVATE = "private", _("private")
    FINAL = "final", _("final")


class SubmissionRule(TextChoices):
    BEST = "best", _("best")
    LAST = "last", _("last")


class FinalRule(TextChoices):
    BEST_PUBLIC = "best_public", _("best public score")
    LAST = "last", _("last submission")


class FinalCounts(TextChoices):
    """Which private score counts of the submissions that a team has chosen for the end."""

    BETTER = "better", _("the better one")
    LAST = "last", _("the last one")
    MEAN = "mean", _("their mean")


class MergeStatus(TextChoices):
    """A proposal to make one team of two: open -> one of the others."""

    OPEN = "open", _("open")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Role(TextChoices):
    OWNER = "owner", _("owner")
    ORGANISER = "organiser", _("organiser")
    REVIEWER = "reviewer", _("reviewer")
    JUROR = "juror", _("juror")
    SPONSOR = "sponsor", _("sponsor")


class Invitation(TextChoices):
    """Mails to an address, that are no MailKind: whoever is asked may have no account, and no switches."""

    ROLE = "role_invitation", _("invitation to a role")
    TEAM = "team_invitation", _("invitation to a team")


class InvitationOutcome(TextChoices):
    """What became of an invitation to a role; none yet while it is open."""

    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    REVOKED = "revoked", _("taken back")
    EXPIRED = "expired", _("expired")


class RegistrationStatus(TextChoices):
    """A person's way into a contest: waiting -> approved or refused; whoever left may come back."""

    WAITING = "waiting", _("waits for approval")
    APPROVED = "approved", _("takes part")
    REFUSED = "refused", _("not admitted")
    INELIGIBLE = "ineligible", _("not eligible")
    LEFT = "left", _("has left")


class ConsentWay(TextChoices):
    """How a person gave their word."""

    PAGE = "page", _("on the site")
    API = "api", _("through the API")


class Channel(TextChoices):
    """How an effect leaves the site."""

    MAIL = "mail", _("mail")
    WEBHOOK = "webhook", _("webhook")


class WinnerVerdict(TextChoices):
    """What was decided of a team that may win."""

    CONFIRMED = "confirmed", _("confirmed")
    REJECTED = "rejected", _("rejected")
    DECLINED = "declined", _("declined by the team")


class RejectedPlace(TextChoices):
    """What becomes of a rejected team's row on the final board."""

    KEEP_RANK = "keep_rank", _("keeps its rank without a prize")
    REMOVE = "remove", _("is taken off the final board")


class RerunStatus(TextChoices):
    """waiting (for the program's run) -> queued -> running (compared with what was submitted) -> done or failed.

    `done` is also a run of a program that failed: there is nothing to compare. `failed` is a fault of ours.
    """

    WAITING = "waiting", _("program to run")
    QUEUED = "queued", _("waiting to be compared")
    RUNNING = "running", _("being compared")
    DONE = "done", _("done")
    FAILED = "failed", _("platform fault")


class RerunVerdict(TextChoices):
    """What a run again suggests. Organisers decide."""

    UNFINISHED = "unfinished", _("not finished yet")
    IDENTICAL = "identical", _("identical")
    WITHIN = "within", _("reproduced within the tolerance")
    DIFFERENT = "different", _("NOT reproduced")
    PROGRAM_FAILED = "program_failed", _("the team's program failed")
    UNREADABLE = "unreadable", _("the program's output does not fit the contract")
    OURS = "ours", _("platform fault: run it again")


class OutboxStatus(TextChoices):
    """waiting -> sending -> one of the others, or back to waiting to try again later.

    `uncertain`: the sender died after it began to hand the thing over, so nobody knows whether it arrived. A mail stays
    so, for nobody shall get it twice; an operator may send it again. A webhook is sent again, with the same id.
    """

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")
    UNCERTAIN = "uncertain", _("uncertain")
    FAILED = "failed", _("given up")
    SKIPPED = "skipped", _("not wanted")


class MailKind(TextChoices):
    """What people are written to about. Each has its switch."""

    ANNOUNCEMENT = "announcement", _("Announcements of contests I take part in")
    DEADLINE = "deadline", _("Reminders before a deadline (72, 24 and 3 hours)")
    SUBMISSIONS = "submissions", _("My submissions: scored or refused")
    REPLY = "reply", _("Replies to my topics in a discussion")
    MODERATION = "moderation", _("Reports of posts, where I organise")
    TEAM = "team", _("My team: invitations and changes")
    RULES = "rules", _("New rules or data of contests I take part in")
    RESULTS = "results", _("Results, and what winners have to do")
    REGISTRATION = "registration", _("My place in a contest: admitted or not")
    JURY = "jury", _("Judging: reminders of sheets that I have to fill in")


class MailMode(TextChoices):
    EACH = "each", _("at once")
    DIGEST = "digest", _("once a day")
    OFF = "off", _("never")


# Which modes a kind has, the default first.
MAIL_MODES: dict[MailKind, tuple[MailMode, ...]] = {
    **dict.fromkeys(MailKind, (MailMode.EACH, MailMode.OFF)),
    MailKind.SUBMISSIONS: (MailMode.DIGEST, MailMode.EACH, MailMode.OFF),
}


class Audience(TextChoices):
    """Whom an announcement is for."""

    CONTESTANTS = "contestants", _("all contestants")
    WITHOUT_SUBMISSION = "without", _("members of teams without a submission")
    PHASE = "phase", _("members of teams that submitted in a phase")
    ORGANISERS = "organisers", _("organisers")


class ApplyStatus(TextChoices):
    """What became of a revision that was asked to become the contest: waiting -> running -> one of the others."""

    WAITING = "waiting", _("waiting for a worker")
    RUNNING = "running", _("being examined")
    DONE = "done", _("applied")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("not examined: a fault of the platform")


UNFINISHED_APPLIES = (ApplyStatus.WAITING, ApplyStatus.RUNNING)


class RevisionKind(TextChoices):
    """How a revision of a contest's files came about."""

    STARTED = "started", _("started")
    FORM = "form", _("form")
    YAML = "yaml", _("YAML")
    FILES = "files", _("files")
    ZIP = "zip", _("archive")
    RESTORED = "restored", _("restored")
    IMPORTED = "imported", _("imported by an operator")


class WebhookEvent(TextChoices):
    """Named as Standard Webhooks proposes: noun.happened."""

    TEAM_JOINED = "team.joined", _("a team joined")
    SUBMISSION_SCORED = "submission.scored", _("a submission was scored")
    SUBMISSION_FAILED = "submission.failed", _("a submission was refused or failed")
    ANNOUNCEMENT_SENT = "announcement.sent", _("an announcement was sent")
    TOPIC_CREATED = "topic.created", _("a topic was opened in the discussion")
    RESULTS_RELEASED = "results.released", _("the final boards were released")
    TEST = "endpoint.test", _("a test from the organiser's page")


class GroupKind(TextChoices):
    """By what people are counted for sponsors."""

    COUNTRY = "country", _("country")
    AFFILIATION = "affiliation", _("affiliation")

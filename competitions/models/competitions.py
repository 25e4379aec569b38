"""Contests and what they are made of."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from competitions.judging import JudgingRules
from competitions.quota import Limits
from competitions.status import CompetitionStatus, FinalCounts, FinalRule, PhaseState, Role, SubmissionRule


class Competition(models.Model):
    """A contest. Texts are {"en": ..., "ja": ...}; times are UTC, days are counted in `time_zone`."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.JSONField()
    description = models.JSONField(default=dict)
    host = models.JSONField(default=dict)
    reward = models.JSONField(default=dict)
    tags = models.JSONField(default=list)
    contact_email = models.EmailField()
    time_zone = models.CharField(max_length=64, default="UTC")
    status = models.CharField(
        max_length=12, choices=CompetitionStatus.choices, default=CompetitionStatus.DRAFT, db_index=True
    )
    final_rule = models.CharField(max_length=12, choices=FinalRule.choices, default=FinalRule.BEST_PUBLIC)
    has_forum = models.BooleanField(default=True)
    # How many submissions a team chooses for the end, by phase and task; 0: nobody chooses, `final_rule` decides.
    final_select = models.PositiveSmallIntegerField(default=0)
    final_counts = models.CharField(max_length=8, choices=FinalCounts.choices, default=FinalCounts.BETTER)
    team_max_size = models.PositiveSmallIntegerField(default=1)  # 1: everybody takes part alone
    needs_approval = models.BooleanField(default=False)  # whoever joins waits until an organiser admits them
    # What is asked of whoever joins, and what they may consent to; `competitions.participation` says the shape.
    questions = models.JSONField(default=list, blank=True)
    consents = models.JSONField(default=list, blank=True)
    team_deadline = models.DateTimeField(null=True, blank=True)  # until when teams form and merge; none: to the end
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=CompetitionStatus.values), name="competition_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="published", published_at__isnull=False) | Q(status="draft"),
                name="competition_published_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(final_counts__in=FinalCounts.values), name="competition_final_counts_is_known"
            ),
            models.CheckConstraint(condition=Q(team_max_size__gte=1), name="competition_team_has_a_member"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Membership(models.Model):
    """A person's role in a contest. Contestants are TeamMember rows instead."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    since = models.DateTimeField(null=True, blank=True)  # unknown of the first contests
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["competition", "user", "role"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.competition_id}"


class Page(models.Model):
    """An organiser's page. `html` is made from the Markdown once, when it is saved by a service."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="pages")
    key = models.SlugField(max_length=40)
    title = models.JSONField()
    text = models.JSONField()
    html = models.JSONField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "key"], name="page_key_once")]

    def __str__(self) -> str:
        return f"{self.competition_id}/{self.key}"


class Terms(models.Model):
    """One version of the rules. Never changed once somebody may have accepted it; a change is a new version."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="terms")
    version = models.CharField(max_length=40)
    text = models.JSONField()
    html = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "version"], name="terms_version_once")]

    def __str__(self) -> str:
        return f"{self.competition_id} terms {self.version}"


class Division(models.Model):
    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="divisions")
    key = models.SlugField(max_length=40)
    title = models.JSONField()
    position = models.PositiveSmallIntegerField(default=0)
    judging = models.JSONField(null=True, blank=True)  # of a juried division: what judging.JudgingRules reads

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "key"], name="division_key_once")]

    def __str__(self) -> str:
        return f"{self.competition_id}/{self.key}"

    @property
    def rules(self) -> JudgingRules:
        """Of a juried division."""
        if self.judging is None:
            raise ValueError(f"division '{self.key}' has no jury")
        return JudgingRules.of(self.judging)


class Task(models.Model):
    """What is predicted from what. `submission`, `truth` and `metrics` are the organiser's words; what scoring uses is
    frozen in the current ScoringVersion."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="tasks")
    key = models.SlugField(max_length=40)
    name = models.JSONField()
    submission = models.JSONField()
    truth = models.JSONField()
    metrics = models.JSONField()
    public_decimals = models.PositiveSmallIntegerField(null=True, blank=True)  # of public scores, at most
    position = models.PositiveSmallIntegerField(default=0)
    sample_submission = models.ForeignKey("Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sample_submission_name = models.CharField(max_length=200, blank=True)
    starting_kit = models.ForeignKey("Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Where contestants send programs: what `services.code_contracts` says of limits, files and time steps.
    code = models.JSONField(null=True, blank=True)
    runtime = models.ForeignKey("Runtime", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    trial_inputs_digest = models.CharField(max_length=64, blank=True)  # of the public inputs of a trial run
    current_version = models.ForeignKey(
        "ScoringVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "key"], name="task_key_once")]

    def __str__(self) -> str:
        return f"{self.competition_id}/{self.key}"


class ScoringVersion(models.Model):
    """A frozen metric specification and truth digest of a task. Correcting either makes a new one.

    `contract` is public: what a prediction must look like. `metrics` is public: how it is scored.
    `truth_digest` names the folder of the normalised truth in the truth store; nobody outside a score box opens it.
    `inputs_digest` names the folder of inputs in the store, where contestants send programs.
    `program` says how the organiser's own metric is called, and `program_file` is its text; both are for organisers.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="scoring_versions")
    number = models.PositiveIntegerField()
    contract = models.JSONField()
    metrics = models.JSONField()
    truth_digest = models.CharField(max_length=64)
    program = models.JSONField(default=dict, blank=True)
    program_file = models.ForeignKey("Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    inputs_digest = models.CharField(max_length=64, blank=True)  # of what contestants' programs are given
    reason = models.TextField(blank=True)
    published_at = models.DateTimeField()
    # The proposal that it was made for: then it goes live when that is applied, and is nobody's before.
    change = models.ForeignKey(
        "ChangeRequest", null=True, blank=True, on_delete=models.PROTECT, related_name="scoring_versions"
    )

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="scoring_version_number_once")]

    def __str__(self) -> str:
        return f"task {self.task_id} scoring version {self.number}"


class Phase(models.Model):
    """A stage of a contest in time. Whether it is open is computed from the clock, never stored."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="phases")
    key = models.SlugField(max_length=40)
    name = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    max_submissions_per_day = models.PositiveIntegerField(default=5)
    max_submissions = models.PositiveIntegerField(default=0)
    max_rejected_per_day = models.PositiveIntegerField(default=20)
    max_file_bytes = models.PositiveBigIntegerField(default=100 * 1024 * 1024)
    submission_rule = models.CharField(max_length=8, choices=SubmissionRule.choices, default=SubmissionRule.BEST)
    # A second stage: each team's submission that counts in this phase is run again here, as it was; nobody uploads.
    frozen_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    max_concurrent = models.PositiveIntegerField(default=0)  # of a team, waiting and being scored; 0 is unlimited
    late_submissions = models.BooleanField(default=False)  # go on after the end, labelled, on no board
    hides_scores = models.BooleanField(default=False)  # until the phase is over, from everybody but organisers
    tasks = models.ManyToManyField(Task, related_name="phases")
    divisions = models.ManyToManyField(Division, related_name="phases")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "key"], name="phase_key_once"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="phase_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competition_id}/{self.key}"

    @property
    def limits(self) -> Limits:
        return Limits(
            self.max_submissions_per_day, self.max_submissions, self.max_rejected_per_day, self.max_concurrent
        )

    def are_scores_hidden(self, now: datetime) -> bool:
        """From everybody but organisers: a second stage may keep its scores until it is over."""
        return self.hides_scores and self.state(now) != PhaseState.CLOSED

    def state(self, now: datetime) -> PhaseState:
        if now < self.starts_at:
            return PhaseState.UPCOMING
        if self.ends_at is not None and now > self.ends_at:
            return PhaseState.CLOSED
        return PhaseState.OPEN

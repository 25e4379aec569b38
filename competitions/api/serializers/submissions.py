"""Submissions as their team sees them. Private scores have no field here."""

from rest_framework import serializers

from competitions.quota import Refusal
from competitions.status import EvaluationStatus, ExecutionKind, ExecutionStatus, FailureKind, SubmissionKind


class ProblemSerializer(serializers.Serializer[object]):
    code = serializers.CharField()
    where = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class SceneSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    metrics = serializers.DictField(child=serializers.FloatField(allow_null=True))


class IntervalSerializer(serializers.Serializer[object]):
    low = serializers.FloatField()
    high = serializers.FloatField()
    level = serializers.FloatField(help_text="0.95: in 95 of 100 such contests the interval holds the true value.")
    units = serializers.CharField(required=False, help_text="What was drawn anew: scenes, blocks, rows, groups.")
    count = serializers.IntegerField(required=False, help_text="How many of them there are.")
    method = serializers.CharField(required=False)


class UseSerializer(serializers.Serializer[object]):
    name = serializers.CharField(help_text="wall_seconds, cpu_seconds or peak_memory_mib.")
    used = serializers.FloatField()
    limit = serializers.FloatField()
    is_rounded = serializers.BooleanField(help_text="On hidden inputs: up to tenths of the limit.")


class ProgressSerializer(serializers.Serializer[object]):
    step = serializers.IntegerField()
    steps = serializers.IntegerField()


class RunRuntimeSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    version = serializers.CharField()
    python = serializers.CharField()
    digest = serializers.CharField()


class RunSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ExecutionKind.values)
    is_trial = serializers.BooleanField(help_text="A trial on a few public inputs comes before the run that counts.")
    status = serializers.ChoiceField(choices=ExecutionStatus.values)
    status_text = serializers.CharField()
    queue_position = serializers.IntegerField(allow_null=True)
    progress = ProgressSerializer(allow_null=True, help_text="Of a task with time steps, while it runs.")
    outcome = serializers.CharField(
        allow_blank=True, help_text="ok, crashed, time, memory, output or violation; empty before its end."
    )
    outcome_text = serializers.CharField(allow_blank=True, help_text="The outcome in a sentence.")
    reason = serializers.CharField(allow_null=True, help_text="More about the outcome; null on hidden inputs.")
    exit_code = serializers.IntegerField(allow_null=True, help_text="null on hidden inputs.")
    signal = serializers.IntegerField(allow_null=True, help_text="null on hidden inputs.")
    used = UseSerializer(many=True, help_text="Empty before its end.")
    limits = serializers.DictField(child=serializers.FloatField(), help_text="The units are in the names.")
    runtime = RunRuntimeSerializer()
    queued_at = serializers.DateTimeField(help_text="On hidden inputs this and the next two are to the minute.")
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    log = serializers.CharField(allow_null=True, help_text="null in lists, and on hidden inputs.")
    log_url = serializers.URLField(allow_null=True, help_text="Of the newest run whose log you may read.")


class SubmissionSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    competition = serializers.CharField()
    phase = serializers.CharField()
    task = serializers.CharField()
    team = serializers.CharField()
    user = serializers.CharField()
    kind = serializers.ChoiceField(choices=SubmissionKind.values)
    frozen_from = serializers.IntegerField(
        allow_null=True, help_text="In a second stage: the submission whose program this is."
    )
    file_name = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    submitted_at = serializers.DateTimeField(help_text="When the upload began.")
    is_late = serializers.BooleanField(help_text="It began after the end of its phase: scored, and on no leaderboard.")
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    same_file_as = serializers.IntegerField(
        allow_null=True, help_text="The number of your first submission of the very same file."
    )
    status = serializers.ChoiceField(choices=EvaluationStatus.values)
    status_text = serializers.CharField(help_text="The status in a sentence.")
    failure_kind = serializers.ChoiceField(choices=FailureKind.values, allow_blank=True)
    queue_position = serializers.IntegerField(allow_null=True)
    run = RunSerializer(allow_null=True, help_text="Of a program: its run; null for a prediction.")
    problems = ProblemSerializer(
        many=True, help_text="Of what a program wrote on hidden inputs: the kinds alone, without values or places."
    )
    problem_count = serializers.IntegerField()
    scores = serializers.DictField(
        child=serializers.FloatField(), allow_null=True, help_text="Public scores by metric key; null until scored."
    )
    intervals = serializers.DictField(
        child=IntervalSerializer(), allow_null=True, help_text="Of the public scores; a score without one is absent."
    )
    scores_of = serializers.IntegerField(
        allow_null=True, help_text="On a ladder: the earlier submission whose scores are repeated here."
    )
    url = serializers.URLField()


class SubmissionDetailSerializer(SubmissionSerializer):
    scenes = SceneSerializer(many=True, help_text="Public scores by scene.")
    file_url = serializers.URLField()
    receipt_url = serializers.URLField()


class SubmissionListSerializer(serializers.Serializer[object]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SubmissionSerializer(many=True)


class UploadSerializer(serializers.Serializer[object]):
    file = serializers.FileField(help_text="The prediction as the task's contract asks, or the program.")
    phase = serializers.CharField(required=False, help_text="A phase's key; needed when several are open.")
    task = serializers.CharField(required=False, help_text="A task's key; needed when the phase has several.")
    note = serializers.CharField(required=False, max_length=200)


class FileSerializer(serializers.Serializer[object]):
    file = serializers.FileField(help_text="The file that you mean to submit.")


class CheckedFileSerializer(serializers.Serializer[object]):
    fits = serializers.BooleanField(help_text="Does the file fit the task's contract?")
    problems = ProblemSerializer(many=True)
    problem_count = serializers.IntegerField(help_text="Of all problems; 200 are listed at most.")


class ReceiptSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    competition = serializers.CharField()
    phase = serializers.CharField()
    task = serializers.CharField()
    team = serializers.CharField()
    file_name = serializers.CharField()
    submitted_at = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    signature = serializers.CharField(help_text="By the site's key over all other fields.")


class AllowanceSerializer(serializers.Serializer[object]):
    phase = serializers.CharField()
    is_allowed = serializers.BooleanField()
    refusal = serializers.ChoiceField(choices=[reason.value for reason in Refusal], allow_null=True)
    left_today = serializers.IntegerField(allow_null=True, help_text="null: unlimited.")
    used_today = serializers.IntegerField()
    used_in_all = serializers.IntegerField()
    rejected_today = serializers.IntegerField()
    max_submissions_per_day = serializers.IntegerField(help_text="0: unlimited.")
    max_submissions = serializers.IntegerField(help_text="0: unlimited.")
    max_rejected_per_day = serializers.IntegerField(help_text="0: unlimited.")
    resets_at = serializers.DateTimeField(help_text="The end of the contest's day.")
    ends_at = serializers.DateTimeField(allow_null=True)

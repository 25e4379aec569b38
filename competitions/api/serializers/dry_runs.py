"""The dry run of a contest, its checklist, and what a launch is told."""

from rest_framework import serializers

from competitions.api.serializers.submissions import ProblemSerializer
from competitions.status import CheckState, DryRunStatus, ProbeOutcome


class CheckItemSerializer(serializers.Serializer[object]):
    key = serializers.CharField(help_text="Names the item; one of a task ends in a colon and the task's key.")
    title = serializers.CharField()
    state = serializers.ChoiceField(CheckState.choices)
    sentence = serializers.CharField(help_text="What was found.")
    todo = serializers.CharField(help_text="What to do; empty when nothing is to be done.")


class ProbeSerializer(serializers.Serializer[object]):
    task = serializers.CharField(source="scoring_version.task.key")
    scoring_version = serializers.IntegerField(source="scoring_version.number")
    key = serializers.CharField()
    expected = serializers.CharField(help_text="accepted or refused.")
    outcome = serializers.ChoiceField(ProbeOutcome.choices)
    public = serializers.DictField(child=serializers.FloatField(), help_text="Scores by metric.")
    private = serializers.DictField(child=serializers.FloatField(), help_text="Scores by metric.")
    problems = ProblemSerializer(many=True, help_text="What a contestant would read.")
    wall_seconds = serializers.FloatField(allow_null=True)
    peak_memory_mib = serializers.FloatField(allow_null=True)
    file_bytes = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(help_text="Why it was not made, or what failed.")


class DryRunSerializer(serializers.Serializer[object]):
    status = serializers.ChoiceField([*DryRunStatus.choices, ("none", "none")])
    is_stale = serializers.BooleanField(help_text="Truth, metric, contract or data were changed since.")
    is_launchable = serializers.BooleanField(help_text="Nothing is red; what is yellow needs a reason.")
    asked_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    checklist = CheckItemSerializer(many=True)
    probes = ProbeSerializer(many=True)


class LaunchSerializer(serializers.Serializer[object]):
    reasons = serializers.DictField(
        child=serializers.CharField(max_length=500),
        required=False,
        default=dict,
        help_text="For each yellow item, by its key: why it is all right.",
    )


class LaunchedSerializer(serializers.Serializer[object]):
    slug = serializers.CharField()
    status = serializers.CharField()
    published_at = serializers.DateTimeField()

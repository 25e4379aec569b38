"""The results of a contest."""

from rest_framework import serializers

from competitions.api.serializers.leaderboards import BoardSerializer
from competitions.api.serializers.submissions import IntervalSerializer


class ResultRowSerializer(serializers.Serializer[object]):
    rank = serializers.IntegerField()
    public_rank = serializers.IntegerField(allow_null=True, help_text="null: not on the public board.")
    moved = serializers.IntegerField(allow_null=True, help_text="Places up; below 0: down.")
    team = serializers.CharField()
    value = serializers.FloatField()
    interval = IntervalSerializer(allow_null=True)
    entries = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()
    tied_group = serializers.IntegerField(
        help_text="Teams of one group differ by no more than noise from its first; 0: in no group."
    )


class OwnSubmissionSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()
    public = serializers.FloatField(allow_null=True)
    private = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True, help_text="The place it alone would have given the team.")
    counted = serializers.BooleanField()
    chosen = serializers.BooleanField(help_text="The team chose it; of several the better or the last one counts.")


class OwnResultSerializer(serializers.Serializer[object]):
    result = ResultRowSerializer(allow_null=True)
    is_default = serializers.BooleanField(
        allow_null=True, help_text="Was it taken by default? null: the contest has no choice."
    )
    submissions = OwnSubmissionSerializer(many=True, help_text="What counted, then the best of the others; 20 at most.")
    scored = serializers.IntegerField(help_text="How many there are.")


class RulesVersionSerializer(serializers.Serializer[object]):
    version = serializers.CharField()
    digest = serializers.CharField()
    published_at = serializers.DateTimeField()


class DataVersionSerializer(RulesVersionSerializer):
    licence = serializers.CharField()


class MetricVersionSerializer(serializers.Serializer[object]):
    task = serializers.CharField()
    number = serializers.IntegerField()
    digest = serializers.CharField()
    truth_digest = serializers.CharField()
    published_at = serializers.DateTimeField()


class VersionsSerializer(serializers.Serializer[object]):
    rules = RulesVersionSerializer(allow_null=True)
    release = DataVersionSerializer(source="data", allow_null=True, help_text="The newest of the data.")
    metrics = MetricVersionSerializer(many=True)


class ResultPageSerializer(serializers.Serializer[object]):
    board = BoardSerializer()
    team_count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    results = ResultRowSerializer(many=True)
    me = OwnResultSerializer(allow_null=True, help_text="Your team's; null when not taking part.")
    versions = VersionsSerializer()

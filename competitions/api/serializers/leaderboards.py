"""A board and its rows."""

from rest_framework import serializers

from competitions.api.serializers.competitions import Localised
from competitions.api.serializers.submissions import IntervalSerializer
from competitions.status import BoardKind


class ColumnSerializer(serializers.Serializer[object]):
    metric = serializers.CharField()
    weight = serializers.FloatField()
    higher_is_better = serializers.BooleanField()


class CombineSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=["ranks", "weighted"])
    of = ColumnSerializer(many=True)


class GateSerializer(serializers.Serializer[object]):
    metric = serializers.CharField()
    at_least = serializers.FloatField(required=False)
    at_most = serializers.FloatField(required=False)


class BoardSerializer(serializers.Serializer[object]):
    competition = serializers.CharField()
    phase = serializers.CharField()
    division = serializers.CharField()
    task = serializers.CharField()
    kind = serializers.ChoiceField(choices=BoardKind.values)
    title = Localised()
    metric = serializers.CharField(help_text="The key of the metric that ranks.")
    higher_is_better = serializers.BooleanField()
    decimals = serializers.IntegerField()
    tie_tolerance = serializers.FloatField(
        allow_null=True, help_text="Scores are compared on a grid of this step; null: on one of the decimals shown."
    )
    ladder_step = serializers.FloatField(
        allow_null=True, help_text="By how much a public score must beat the team's best to be shown."
    )
    combine = CombineSerializer(allow_null=True, help_text="How the score that ranks is made of several metrics.")
    gates = GateSerializer(many=True, help_text="Rows that fail one stand behind all others.")
    released_at = serializers.DateTimeField(allow_null=True)


class BoardRowSerializer(serializers.Serializer[object]):
    rank = serializers.IntegerField()
    team = serializers.CharField()
    value = serializers.FloatField()
    values = serializers.DictField(child=serializers.FloatField(), help_text="All metrics of the same submission.")
    interval = IntervalSerializer(allow_null=True, help_text="Of the value, where one is known.")
    passes_gates = serializers.BooleanField()
    is_tied_with_first = serializers.BooleanField(
        help_text="Compared on the same data, the difference to the first is not more than noise."
    )
    submitted_at = serializers.DateTimeField()
    entries = serializers.IntegerField(help_text="How many of the team's submissions were scored.")


class AnonymousBoardPageSerializer(serializers.Serializer[object]):
    board = BoardSerializer()
    team_count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    results = BoardRowSerializer(many=True)


class BoardPageSerializer(AnonymousBoardPageSerializer):
    me = BoardRowSerializer(allow_null=True, required=False, help_text="Your team's row; absent when not logged in.")

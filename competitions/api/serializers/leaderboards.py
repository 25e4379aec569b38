"""A board and its rows."""

from rest_framework import serializers

from competitions.api.serializers.competitions import Localised
from competitions.status import BoardKind


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
    released_at = serializers.DateTimeField(allow_null=True)


class BoardRowSerializer(serializers.Serializer[object]):
    rank = serializers.IntegerField()
    team = serializers.CharField()
    value = serializers.FloatField()
    values = serializers.DictField(child=serializers.FloatField(), help_text="All metrics of the same submission.")
    submitted_at = serializers.DateTimeField()
    entries = serializers.IntegerField(help_text="How many of the team's submissions were scored.")


class AnonymousBoardPageSerializer(serializers.Serializer[object]):
    board = BoardSerializer()
    team_count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    results = BoardRowSerializer(many=True)


class BoardPageSerializer(AnonymousBoardPageSerializer):
    me = BoardRowSerializer(allow_null=True, required=False, help_text="Your team's row; absent when not logged in.")

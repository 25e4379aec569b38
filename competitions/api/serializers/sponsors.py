"""Sponsors, and the numbers that they are told."""

from rest_framework import serializers

from competitions.api.serializers.competitions import Localised


class SponsorSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    name = Localised()
    role = Localised()
    url = serializers.CharField(allow_blank=True)
    logo_url = serializers.CharField(allow_null=True)
    description = Localised(help_text="Markdown, by language.")
    prizes = Localised()


class DashboardTotalsSerializer(serializers.Serializer[object]):
    entrants = serializers.IntegerField(help_text="People.")
    teams = serializers.IntegerField()
    downloaded = serializers.IntegerField(help_text="Teams of which a member fetched data.")
    submitted = serializers.IntegerField(help_text="Teams that submitted at least once.")
    scored = serializers.IntegerField(help_text="Teams of which a submission was scored.")
    submissions = serializers.IntegerField()


class DayCountSerializer(serializers.Serializer[object]):
    day = serializers.DateField()
    count = serializers.IntegerField()


class DayScoreSerializer(serializers.Serializer[object]):
    day = serializers.DateField()
    value = serializers.FloatField()


class BestScoresSerializer(serializers.Serializer[object]):
    phase = serializers.CharField()
    task = serializers.CharField()
    metric = serializers.CharField()
    higher_is_better = serializers.BooleanField()
    decimals = serializers.IntegerField()
    points = DayScoreSerializer(many=True, help_text="The days on which the best public score rose.")


class GroupCountSerializer(serializers.Serializer[object]):
    name = serializers.CharField(allow_blank=True, help_text="Empty: not stated. Countries are ISO 3166-1 alpha-2.")
    count = serializers.IntegerField(min_value=5)


class GroupsSerializer(serializers.Serializer[object]):
    by = serializers.CharField(help_text="country or affiliation")
    day = serializers.DateField(allow_null=True, help_text="When it was published; null: not yet.")
    total = serializers.IntegerField()
    groups = GroupCountSerializer(many=True)
    rest = serializers.IntegerField(help_text="Others, and people not yet counted in their group; 0 or at least 5.")


class DashboardSerializer(serializers.Serializer[object]):
    time_zone = serializers.CharField(help_text="Days are counted in it.")
    totals = DashboardTotalsSerializer()
    submissions_by_day = DayCountSerializer(many=True)
    best_scores = BestScoresSerializer(many=True)
    groups = GroupsSerializer(many=True)

"""Prizes, candidates and what they handed in."""

from rest_framework import serializers

from competitions.awards import Standing
from competitions.status import RerunVerdict


class PlaceSerializer(serializers.Serializer[object]):
    place = serializers.IntegerField()
    team = serializers.CharField(allow_null=True, help_text="Null: nobody has won this place.")


class PrizeSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    title = serializers.DictField(child=serializers.CharField())
    phase = serializers.CharField(allow_null=True, help_text="Null: the prize goes by the division's jury.")
    task = serializers.CharField(allow_null=True, help_text="Null: the prize goes by the division's jury.")
    division = serializers.CharField()
    places = serializers.IntegerField()


class AwardSerializer(PrizeSerializer):
    amount = serializers.DictField(child=serializers.CharField())
    sponsor = serializers.DictField(child=serializers.CharField())
    winners = PlaceSerializer(many=True, allow_null=True, help_text="Null until they are published.")


class WinnerRunSerializer(serializers.Serializer[object]):
    run = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Of what was handed in.")
    asked_at = serializers.DateTimeField()
    verdict = serializers.ChoiceField(choices=RerunVerdict.values, help_text="What it suggests; organisers decide.")
    report = serializers.JSONField(help_text="How what it wrote compares with what was submitted.")


class CandidateSerializer(serializers.Serializer[object]):
    team = serializers.CharField()
    rank = serializers.IntegerField(help_text="On the board.")
    place = serializers.IntegerField(allow_null=True, help_text="Of the prize; null: it has none.")
    state = serializers.ChoiceField(choices=[str(one) for one in Standing])
    is_tied = serializers.BooleanField(help_text="Another team has the same score; the earlier submission is first.")
    submission = serializers.IntegerField(allow_null=True, help_text="Null: a jury alone decides.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="Null: it was not asked to hand in.")
    runs = WinnerRunSerializer(many=True)


class AwardOutlookSerializer(PrizeSerializer):
    is_decided = serializers.BooleanField()
    candidates = CandidateSerializer(many=True)


class WinnerAuditSerializer(serializers.Serializer[object]):
    is_audited = serializers.BooleanField()
    opened_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    awards = AwardOutlookSerializer(many=True)


class HandInReceiptSerializer(serializers.Serializer[object]):
    competition = serializers.CharField()
    team = serializers.CharField()
    submission = serializers.IntegerField()
    version = serializers.IntegerField()
    handed_in_at = serializers.DateTimeField()
    handed_in_by = serializers.CharField()
    files = serializers.JSONField(help_text="[[part, name, SHA-256]]")
    digest = serializers.CharField(help_text="SHA-256 over all texts and files.")
    signature = serializers.CharField()


class HandInEntrySerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    submission = serializers.IntegerField(allow_null=True, help_text="Null: a jury alone decides; hand in nothing.")
    due_at = serializers.DateTimeField()
    parts = serializers.ListField(child=serializers.CharField(), help_text="What must be handed in.")
    is_open = serializers.BooleanField()
    versions = HandInReceiptSerializer(many=True)

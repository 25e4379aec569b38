"""Changes of a contest that are in force."""

from rest_framework import serializers

from competitions.change_rules import ChangeKind


class ChangeSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    applied_at = serializers.DateTimeField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=ChangeKind.values))
    reason = serializers.DictField(child=serializers.CharField(), help_text="In the organisers' words, by language.")
    differences = serializers.ListField(child=serializers.CharField(), help_text="What is different, a sentence each.")
    effect = serializers.ListField(
        child=serializers.CharField(), help_text="What it did to the public boards and to those who take part."
    )
    announcement = serializers.IntegerField(allow_null=True, help_text="The number of the notice.")

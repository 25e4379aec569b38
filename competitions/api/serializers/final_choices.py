"""A team's choice for the end. Which of several chosen ones is the better is told by the released boards only."""

from rest_framework import serializers

from competitions.status import FinalCounts, FinalRule


class SelectionSerializer(serializers.Serializer[object]):
    phase = serializers.CharField()
    task = serializers.CharField()
    select = serializers.IntegerField(help_text="How many may be chosen.")
    chosen = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of submissions.")
    counts = serializers.ChoiceField(choices=FinalCounts.values, help_text="Which private score of the chosen counts.")
    default = serializers.ChoiceField(choices=FinalRule.values, help_text="What counts where nothing is chosen.")
    is_locked = serializers.BooleanField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Until then the choice can be changed.")
    counted = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="What counted; null until it is written down."
    )

"""Announcements."""

from rest_framework import serializers


class AnnouncementSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField(source="pk")
    sent_at = serializers.DateTimeField()
    title = serializers.DictField(child=serializers.CharField(), help_text="By language.")
    text = serializers.DictField(child=serializers.CharField(), help_text="Markdown, by language.")

"""Rows of the audit log."""

from rest_framework import serializers


class AuditEventSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField(help_text="The place in the contest's chain, from 1 on.")
    at = serializers.DateTimeField()
    person = serializers.CharField(source="actor_name", help_text="Empty where the clock acted.")
    act = serializers.CharField(source="verb")
    subject = serializers.CharField()
    reason = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    detail = serializers.JSONField()
    previous = serializers.CharField(help_text="The hash of the row before.")
    hash = serializers.CharField(help_text="SHA-256 over this row's content and `previous`.")


class AuditPageSerializer(serializers.Serializer[object]):
    results = AuditEventSerializer(source="rows", many=True)
    before = serializers.IntegerField(allow_null=True, help_text="To go on from; null on the last page.")

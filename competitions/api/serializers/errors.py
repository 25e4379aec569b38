"""The one shape of errors."""

from rest_framework import serializers


class ErrorContentSerializer(serializers.Serializer[object]):
    code = serializers.CharField(help_text="For programs; never changes.")
    message = serializers.CharField(help_text="For people, in the language of Accept-Language.")
    details = serializers.DictField(child=serializers.JSONField(), help_text="Depends on the code.")


class ErrorSerializer(serializers.Serializer[object]):
    error = ErrorContentSerializer()

"""The person who asks."""

from rest_framework import serializers


class OwnTeamSerializer(serializers.Serializer[object]):
    competition = serializers.CharField()
    name = serializers.CharField()


class MeSerializer(serializers.Serializer[object]):
    username = serializers.CharField()
    email = serializers.EmailField()
    email_is_verified = serializers.BooleanField()
    language = serializers.CharField(allow_blank=True)
    time_zone = serializers.CharField(allow_blank=True)
    affiliation = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True, help_text="ISO 3166-1 alpha-2.")
    token = serializers.CharField(allow_null=True, help_text="The name of the token of this request.")
    teams = OwnTeamSerializer(many=True)

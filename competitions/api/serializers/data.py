"""Data releases and their files."""

from rest_framework import serializers

from competitions.api.serializers.competitions import Localised


class DataFileSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    description = Localised()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.URLField()


class DataReleaseSerializer(serializers.Serializer[object]):
    version = serializers.CharField()
    title = Localised()
    notes = Localised()
    licence = serializers.CharField()
    licence_url = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField()
    size_bytes = serializers.IntegerField()
    zip_url = serializers.URLField(help_text="All files as one ZIP; it can be resumed.")
    checksums_url = serializers.URLField(help_text="For sha256sum -c.")
    files = DataFileSerializer(many=True)


class DataReleasesSerializer(serializers.Serializer[object]):
    releases = DataReleaseSerializer(many=True, help_text="The newest first.")

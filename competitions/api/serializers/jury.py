"""Juried divisions: what is handed in, sheets, published results. No names where a jury is blind."""

from typing import Any

from rest_framework import serializers


class JuriedDivisionSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    title = serializers.DictField(child=serializers.CharField())
    opens_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField()
    is_open = serializers.BooleanField()
    is_blind = serializers.BooleanField()
    is_published = serializers.BooleanField()
    formula = serializers.CharField()
    entry = serializers.DictField(help_text="What may be handed in.")
    rubric = serializers.ListField(child=serializers.DictField())


class EntryDocumentSerializer(serializers.Serializer[object]):
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()


class EntryReceiptSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField(help_text="Of the receipt; it never changes.")
    competition = serializers.CharField()
    division = serializers.CharField()
    team = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    sha256 = serializers.CharField(help_text="Over the texts and the digests of the documents.")
    documents = EntryDocumentSerializer(many=True)
    signature = serializers.CharField()


class EntryUploadSerializer(serializers.Serializer[Any]):
    """A form; `files` may come several times."""

    title = serializers.CharField()
    abstract = serializers.CharField(required=False)
    video_url = serializers.CharField(required=False)
    files = serializers.ListField(child=serializers.FileField(), required=False)
    keep = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Documents of the last version that stay."
    )


class ResultSerializer(serializers.Serializer[object]):
    rank = serializers.IntegerField()
    team = serializers.CharField()
    title = serializers.CharField()
    total = serializers.FloatField()
    score_part = serializers.FloatField()
    jury_part = serializers.FloatField()
    sheets = serializers.IntegerField()


class JuryResultsSerializer(serializers.Serializer[object]):
    published_at = serializers.DateTimeField()
    formula = serializers.CharField()
    results = ResultSerializer(many=True)


class SheetSerializer(serializers.Serializer[object]):
    entry = serializers.IntegerField(help_text="The entry's number.")
    title = serializers.CharField()
    marks = serializers.DictField(child=serializers.IntegerField())
    comment = serializers.CharField()
    notes = serializers.CharField()
    version = serializers.IntegerField()
    is_locked = serializers.BooleanField()


class SheetUpdateSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, help_text="The version that you read; 409 when there is a newer.")
    marks = serializers.DictField(child=serializers.IntegerField())
    comment = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=10_000)
    notes = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=10_000)

"""The schema is what client programs are made from: complete, valid, and made without a warning."""

import re

import yaml
from django.core.management import call_command
from django.urls import get_resolver


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path, db):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))
    described = yaml.safe_load((tmp_path / "schema.yaml").read_text())["paths"]
    assert {re.sub(r"\{\w+\}", "{}", path) for path in described} == routes()
    assert all(
        operation.get("description") and operation["operationId"]
        for methods in described.values()
        for operation in methods.values()
    )


def routes():
    """Every address below /api/v1/ but the schema's own and the one that answers 404."""
    (api,) = [part for part in get_resolver().url_patterns if getattr(part, "namespace", "") == "api"]
    return {
        "/api/v1/" + re.sub(r"<[^>]+>", "{}", str(pattern.pattern))
        for pattern in api.url_patterns
        if pattern.name not in {"schema", "unknown"}
    }


def test_everybody_reads_the_schema(anonymous, db):
    assert anonymous.get("/api/v1/schema/").status_code == 200

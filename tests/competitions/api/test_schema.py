"""The schema is what client programs are made from: it is complete, valid, and made without a warning."""

from django.core.management import call_command


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path, db):
    call_command(
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--urlconf",
        "tests.competitions.api.urls",
        "--file",
        str(tmp_path / "schema.yaml"),
    )
    assert "/api/v1/competitions/{slug}/submissions/" in (tmp_path / "schema.yaml").read_text()

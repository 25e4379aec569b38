"""The published schema is a schema, complete, and says the same as the reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from competitions.bundles.reading import read_document
from competitions.bundles.schema import json_schema
from tests.competitions.bundles.contests import with_raster_task, write_contest


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    if isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(json_schema())


def test_it_accepts_a_sound_contest(tmp_path: Path) -> None:
    write_contest(tmp_path, with_raster_task(tmp_path))
    values = read_document(tmp_path / "competition.yaml", name="competition.yaml").values

    Draft202012Validator(json_schema()).validate(values)


def test_every_record_is_closed_and_every_property_is_described() -> None:
    for part in parts(json_schema()):
        if "properties" not in part or "if" in part or "const" in str(part.get("properties")):
            continue
        assert part.get("additionalProperties") is False or "allOf" in part, part
        for name, one in part["properties"].items():
            assert isinstance(one, dict), name
            assert one.get("description"), name

"""All that people read is there in Japanese."""

import gettext
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from competitions.bundles.schema import json_schema
from competitions.bundles.schema_texts import DOMAIN, LOCALES, schema_text
from competitions.pages.schema_forms import Field
from competitions.pages.schema_labels import LABELS
from scoring.registry import METRICS

ROOT = Path(__file__).parents[2]
CATALOGUE = Path("competitions", "locale", "ja", "LC_MESSAGES", "django.po")


def entries(catalogue: Path, *which: str) -> list[str]:
    """The texts of a kind in a catalogue, without its header, whose text is empty."""
    command = ["msgattrib", "--no-obsolete", "--no-wrap", *which, str(catalogue)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("msgattrib") is None, reason="gettext is not installed")
def test_every_text_has_its_japanese(tmp_path: Path) -> None:
    """The texts of programs and templates are collected anew in a copy."""
    shutil.copytree(ROOT / "competitions", tmp_path / "competitions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    command = [sys.executable, "manage.py", "makemessages", "-l", "ja", "--no-location", "--no-wrap"]
    own = {**os.environ, "PYTHONPATH": str(ROOT), "TIDEMARK_HOME": str(tmp_path / "home")}
    subprocess.run(command, cwd=tmp_path, env=own, check=True, capture_output=True)
    assert len(entries(tmp_path / CATALOGUE)) > 1000
    assert entries(tmp_path / CATALOGUE, "--untranslated") == []
    assert entries(tmp_path / CATALOGUE, "--only-fuzzy") == []


def described(part: object) -> Iterator[str]:
    """What the format's schema says of its parts."""
    if isinstance(part, dict):
        if isinstance(part.get("description"), str):
            yield part["description"]
        for inner in part.values():
            yield from described(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from described(inner)


def keys(part: object) -> Iterator[str]:
    """What the format's schema calls its parts."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from keys(inner)


def of_metrics() -> Iterator[str]:
    """What the scoring library says of its metrics and their parameters."""
    for metric in METRICS.values():
        for row in (metric, *metric.of_kind.values()):
            yield row.doc
            yield from (param.doc for param in row.params)


def test_every_key_of_the_contest_file_has_a_name_in_forms() -> None:
    assert sorted(set(keys(json_schema())) - {*LABELS}) == []


def test_every_part_of_the_contest_file_and_every_metric_is_explained_in_japanese(compiled_catalogue: None) -> None:
    wanted = {*described(json_schema()), *of_metrics()}
    catalogue = gettext.translation(DOMAIN, LOCALES, languages=["ja"])._catalog  # type: ignore[attr-defined]
    assert len(wanted) > 350
    assert {text for text in catalogue if text} == wanted
    with translation.override("ja"):
        assert schema_text("the pages that nobody described") == "the pages that nobody described"
        assert schema_text("a short text") == "短いテキスト"
    with translation.override("en"):
        assert schema_text("a short text") == "a short text"


@pytest.mark.parametrize(
    ("language", "text", "shown", "tagged"),
    [
        ("en", "A division (部門) of the contest.", "A division (部門) of the contest.", "en"),
        ("ja", "A division (部門) of the contest.", "コンペの部門。", "ja"),
        ("ja", "the order of a norm", "the order of a norm", "en"),  # of a metric's parameter
    ],
)
def test_help_is_tagged_with_its_own_language(compiled_catalogue, language, text, shown, tagged) -> None:
    with translation.override(language):
        field = Field("text", "f.x", "X", help=text)
        assert (field.help_text, field.help_language) == (shown, tagged)

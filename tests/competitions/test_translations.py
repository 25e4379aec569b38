"""All that people read is there in Japanese."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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

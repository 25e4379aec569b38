"""The schema, the health check, errors, languages, and what no page may hold."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from jsonschema import Draft202012Validator

from competitions.problem_phrases import PHRASES
from competitions.problem_texts import TEXTS, problem_text
from scoring.errors import MESSAGES
from scoring.formats import sniffing
from tests.competitions.pages.conftest import text_of

TEMPLATES = sorted((settings.BASE_DIR / "competitions" / "templates").rglob("*.html"))
CATALOGUE = settings.BASE_DIR / "competitions" / "locale" / "ja" / "LC_MESSAGES" / "django.po"
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style|\sstyle\s*=(?!\"(?:seconds|relative|short|coarse)\")", re.IGNORECASE)
HANDLERS = re.compile(r"\s(?:on[a-z]+|hx-on[:\w-]*)\s*=|javascript:", re.IGNORECASE)


def test_the_published_schema_is_valid_json_schema(nobody):
    answer = nobody.get("/schemas/tidemark-1.json")
    Draft202012Validator.check_schema(json.loads(text_of(answer)))


def test_the_health_check_answers(nobody):
    assert text_of(nobody.get("/healthz")) == "ok\n"


def test_a_page_that_is_not_there_says_so_in_style(nobody):
    answer = nobody.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no such page." in text_of(answer)
    assert "tidemark.css" in text_of(answer)


@pytest.mark.django_db
def test_the_language_switch_keeps_the_page(nobody, url):
    answer = nobody.post("/i18n/setlang/", {"language": "ja", "next": f"{url}rules/"})
    assert answer["Location"] == f"{url}rules/"
    assert '<html lang="ja"' in text_of(nobody.get(f"{url}rules/"))


@pytest.mark.django_db
def test_a_text_that_exists_in_one_language_only_is_marked_as_such(nobody, competition, url):
    competition.title = {"en": "Only English"}
    competition.save()
    text = text_of(nobody.get(url, headers={"accept-language": "ja"}))
    assert re.search(r'lang="en"><a href="[^"]+">Only English', text)


def test_every_page_forbids_scripts_and_styles_that_are_not_files(nobody):
    policy = nobody.get("/accounts/login/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
@pytest.mark.parametrize("pattern", [INLINE_SCRIPT, INLINE_STYLE, HANDLERS], ids=["script", "style", "handler"])
def test_no_template_holds_inline_code(path: Path, pattern: re.Pattern[str]):
    if path.parent.name == "pdf" and pattern == INLINE_STYLE:
        return  # becomes a PDF file, which no browser reads as a page and no policy of ours governs
    # A template tag's own argument called style is no attribute of the page.
    assert pattern.search(re.sub(r"\{%.*?%\}", "", path.read_text(), flags=re.DOTALL)) is None


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_names_another_host(path: Path):
    assert re.search(r"(?:src|href|action)=\"(?:https?:)?//", path.read_text()) is None


# -- texts ------------------------------------------------------------------------------------------------------------


def test_every_problem_of_scoring_has_the_same_text_on_the_site():
    with translation.override("en"):
        assert {code: str(text) for code, text in TEXTS.items()} == dict(MESSAGES)


def test_what_a_file_was_taken_for_is_said_in_the_readers_language():
    assert {name for _, name in sniffing._OTHERS if " " in name} <= set(PHRASES)
    assert sniffing.description_of(b"?") in PHRASES
    assert all(str(text) == phrase for phrase, text in PHRASES.items())


def test_a_problem_speaks_japanese_through_and_through(compiled_catalogue):
    problem = {"code": "unknown_format", "params": {"found": "of an unknown kind", "expected": "GeoTIFF or PNG"}}
    with translation.override("ja"):
        assert re.search("[a-z] [a-z]", problem_text(problem)) is None


def catalogue() -> list[tuple[str, str, str]]:
    """(flags, text, translation) of every entry of the Japanese catalogue; of a text with a plural, the plural."""
    entries = []
    for block in CATALOGUE.read_text().split("\n\n")[1:]:
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        flags = " ".join(line for line in lines if line.startswith("#,"))
        rest = "\n".join(line for line in lines if not line.startswith("#"))
        parts = re.split(r"^(msgctxt|msgid_plural|msgid|msgstr(?:\[0\])?) ", rest, flags=re.MULTILINE)
        found = {
            key.replace("[0]", ""): "".join(json.loads(line) for line in text.strip().splitlines())
            for key, text in zip(parts[1::2], parts[2::2], strict=True)
        }
        if found:
            entries.append((flags, found.get("msgid_plural", found["msgid"]), found["msgstr"]))
    return entries


def test_every_text_is_translated_into_japanese():
    entries = catalogue()
    assert len(entries) > 400
    assert [msgid for flags, msgid, text in entries if not text or "fuzzy" in flags] == []


def test_no_translation_loses_or_invents_a_value():
    def values(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))

    assert [msgid for _, msgid, text in catalogue() if values(msgid) != values(text)] == []


def test_a_problem_with_values_that_do_not_fit_falls_back_to_its_message():
    assert problem_text({"code": "csv_blank", "params": {}, "message": "line 3 is blank"}) == "line 3 is blank"
    assert problem_text({"code": "never heard of", "message": "something"}) == "something"

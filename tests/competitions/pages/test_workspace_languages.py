"""Two organisers of one contest read of the same mistakes, each in their own language."""

import io
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from competitions.bundles.applying import Examiners, apply_waiting
from competitions.models import RevisionApply, User
from competitions.pages.schema_forms import Place
from competitions.pages.schema_posts import READERS, BadPart, Posted
from competitions.services.boxes import InvalidTruth
from competitions.status import ApplyStatus
from competitions.store import Store
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest
from tests.competitions.pages.conftest import text_of
from tests.competitions.pages.test_workspace_pages import DESK, import_bundle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("compiled_catalogue")]
BROKEN = changed(TABLE_YAML, "tags: [tides]", "tagz: [tides]")


@pytest.mark.parametrize("path", ["yaml/", "steps/review/"])
def test_what_is_wrong_is_told_to_each_organiser_in_their_language(browser: Client, path: str) -> None:
    import_bundle(browser, BROKEN)
    english, japanese = (
        "unknown key 'tagz'; did you mean 'tags'?",
        "'tagz' というキーはありません。'tags' のことですか？",
    )
    for language, told, other in (("ja", japanese, english), ("en", english, japanese), ("ja", japanese, english)):
        page = text_of(browser.get(f"{DESK}{path}", headers={"accept-language": language})).replace("&#x27;", "'")
        assert told in page
        assert other not in page


def test_a_field_of_yaml_that_cannot_be_read_says_why_in_the_active_language() -> None:
    place = Place(("x",), ZoneInfo("Asia/Tokyo"))
    for language, told in (("ja", "[ ] のリストを解釈している途中"), ("en", "while parsing a flow sequence")):
        with translation.override(language), pytest.raises(BadPart, match=re.escape(told)):
            READERS["yaml"]({}, None, place, Posted({place.name: "[1, 2"}))


def refuse(spec: object, raw: Path, output: Path) -> None:
    raise InvalidTruth([{"code": "truth_no_scenes", "where": "truth", "params": {}, "message": "no scene"}])


@pytest.mark.parametrize(
    ("language", "told"), [("ja", "正解に .tif も .png もありません。"), ("", "The truth has no .tif")]
)
def test_a_worker_tells_what_is_wrong_in_the_language_of_whoever_asked(
    browser: Client, host: User, language: str, told: str
) -> None:
    import_bundle(browser)
    User.objects.filter(pk=host.pk).update(language=language)
    browser.post(f"{DESK}apply/")
    apply_waiting(examiners=Examiners(refuse, None), store=Store(settings.FILES_DIR))
    asked = RevisionApply.objects.get()
    assert asked.status == ApplyStatus.REFUSED
    assert told in asked.problems[0][3]
    page = text_of(browser.get(f"{DESK}steps/review/"))
    assert re.search(rf'<span lang="{language or "en"}">[^<]*{re.escape(told)}', page)


def test_the_command_line_follows_the_active_language(tmp_path: Path) -> None:
    folder = write_contest(tmp_path, BROKEN)
    for language, told, count in (
        ("ja", "というキーはありません", "1 件の間違いがあります"),
        ("en", "unknown key", "1 mistake; nothing"),
    ):
        errors = io.StringIO()
        with translation.override(language), pytest.raises(CommandError, match=count):
            call_command("import_competition", folder, check=True, stderr=errors)
        assert told in errors.getvalue()

"""Intake: names that people choose are text wherever they are shown, and cells wherever they are exported."""

import csv
import html
import io
import re
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from competitions.models import Competition, Submission, Team
from tests import makers
from tests.competitions.routes import all_routes
from tests.competitions.stage import Stage, ask, set_up, taken_back

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert('tm-i12')</script>"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "＝1+1", "＋1", "－1", "＠SUM(1)")


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    with taken_back(django_db_blocker):
        yield set_up()


def test_a_name_is_text_on_every_page_and_in_every_answer(stage: Stage) -> None:
    """I12: markup in the names of team, contest, file and note is shown, never obeyed."""
    Team.objects.filter(pk=stage.team.pk).update(name=SCRIPT)
    Submission.objects.update(file_name=f"{SCRIPT}.csv", note=SCRIPT)
    Competition.objects.update(title=makers.both(SCRIPT), host=makers.both(SCRIPT))
    shown = 0
    for route in all_routes():
        address = stage.address(route.name, route.pattern)
        for role in ("contestant", "organiser", "operator"):
            answer = ask(stage.client(role, route.name), "GET", address)
            body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                assert SCRIPT not in body, address
                shown += html.escape(SCRIPT) in body
            assert answer.headers.get("X-Content-Type-Options") == "nosniff", address
    assert shown > 20


@pytest.mark.parametrize("name", FORMULAS)
def test_a_spreadsheet_takes_no_name_of_an_export_for_a_formula(stage: Stage, name: str) -> None:
    """I12: team names in every CSV, for contestants and for organisers."""
    Team.objects.filter(pk=stage.team.pk).update(name=name)
    exports = ("pages:leaderboard_csv", "api:leaderboard_csv", "pages:organiser_csv")
    for route in exports:
        address = reverse(route, args=[stage.competition.slug])
        text = ask(stage.client("organiser", route), "GET", address).content.decode("utf-8-sig")
        cells = [row["team"] for row in csv.DictReader(io.StringIO(text))]
        assert f"'{name}" in cells, route
        assert name not in cells, route


NAMES = ("kind", "phase", "task", "division", "cursor", "after", "output", "page", "seen", "version", "name", "next")
FORM = dict.fromkeys(("note", "phase", "task", "key", "team_name", "version", "name", "accept_terms", "text"), "a\x00b")


def test_a_nul_character_makes_no_address_fail(stage: Stage) -> None:
    """I8, P4: in queries, in parts of addresses, in forms, in JSON; PostgreSQL takes none of them."""
    query = "?" + "&".join(f"{name}=%00" for name in NAMES)
    for route in all_routes():
        if not route.name.startswith(("pages:", "api:")):
            continue
        address = stage.address(route.name, route.pattern)
        odd = re.sub(r"levels|train\.csv|prizes|prediction\.csv", "%00", address.replace(stage.competition.slug, "%00"))
        for role in ("anonymous", "contestant"):
            client = stage.client(role, route.name)
            for asked in (address + query, odd):
                assert ask(client, "GET", asked).status_code != 500, asked
            form = {**FORM, "file": SimpleUploadedFile("a\0b.csv", b"id,y\n")}
            assert ask(client, "POST", address, data=form).status_code != 500, address
            noted = {"note": "a\0b", "file": SimpleUploadedFile("b.csv", b"id,y\n")}
            assert ask(client, "POST", address, data=noted).status_code != 500, address
            json = {"data": FORM, "content_type": "application/json"}
            assert ask(client, "POST", address, **json).status_code != 500, address

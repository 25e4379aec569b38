"""Every complaint has its tests; and those that no other file has room for."""

import ast
import csv
import io
import re
from pathlib import Path

import pytest
from django.urls import reverse

from competitions.models import Submission
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of
from tests.competitions.routes import all_routes
from tests.complaints.catalogue import COMPLAINTS, Complaint

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("complaint", COMPLAINTS, ids=lambda complaint: str(complaint.number))
def test_every_complaint_has_tests_that_are_there(complaint: Complaint) -> None:
    assert complaint.tests
    for test in complaint.tests:
        path, name = test.split("::")
        functions = [node.name for node in ast.parse((TESTS / path).read_text()).body if hasattr(node, "name")]
        assert name in functions, test


def test_no_complaint_is_listed_twice() -> None:
    numbers = [complaint.number for complaint in COMPLAINTS]
    assert numbers == sorted(set(numbers))


@pytest.mark.django_db
def test_what_a_team_takes_back_gives_the_quota_back_and_stays_in_sight(contestant, organiser, team, competition):
    submission = makers.make_submission(team)
    mine, url = browser_of(contestant), f"/competitions/{competition.slug}/"
    assert "1 of 5" in text_of(mine.get(f"{url}submit/"))
    mine.post(f"{url}submissions/{submission.pk}/cancel/")
    assert "0 of 5" in text_of(mine.get(f"{url}submit/"))
    for browser in (mine, browser_of(organiser)):
        assert browser.get(f"{url}submissions/{submission.pk}/").status_code == 200
    export = text_of(browser_of(organiser).get(f"{url}organiser/submissions.csv")).lstrip("\ufeff")
    (row,) = csv.DictReader(io.StringIO(export))
    assert "cancelled" in row.values()
    assert Submission.objects.get() == submission


@pytest.mark.django_db
def test_no_page_can_delete_or_run_again_all_submissions_at_once(organiser, team, competition):
    makers.make_scored(team, 0.25, 0.5)
    patterns = {route.pattern for route in all_routes() if not route.pattern.startswith("operator/")}
    assert [pattern for pattern in patterns if re.search("submission.*(delete|rerun|all)", pattern)] == []
    page = text_of(browser_of(organiser).get(f"/competitions/{competition.slug}/organiser/"))
    assert forms_that_write(page) == {reverse("set_language")}


def forms_that_write(page: str) -> set[str]:
    """Where they go; a form without an address of its own fails here."""
    forms = re.findall(r'<form[^>]*method="post"[^>]*>', page)
    return {re.findall(r'action="([^"]*)"', form)[0] for form in forms}

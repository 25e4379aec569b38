"""The organiser's overview: all there is to know of a contest, for nobody else."""

import csv
import io

import pytest
from django.utils import timezone

from competitions.models import WorkerReport
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
PRIVATE = 7654.321


def test_an_organiser_sees_counts_failures_scores_and_workers(organisers, team, url):
    makers.make_scored(team, 0.25, PRIVATE)
    makers.make_rejected(team)
    waiting = makers.make_submission(team)
    WorkerReport.objects.create(
        worker="w1", seen_at=timezone.now(), backend="bubblewrap", is_fit=False, findings=["a box reaches the network"]
    )
    answer = organisers.get(f"{url}organiser/")
    assert [count for _, count in answer.context["counts"]] == [0, 1, 0, 1, 1, 0]
    assert [count for _, count in answer.context["failures"]] == [1, 0, 0, 0, 0, 0]
    assert answer.context["oldest"].submission == waiting
    assert [(row.public, row.private) for row in answer.context["rows"]] == [
        (None, None),
        (None, None),
        (0.25, PRIVATE),
    ]
    assert "a box reaches the network" in text_of(answer)
    assert "refuses work" in text_of(answer)


def test_the_export_has_both_scores_of_every_submission(organisers, team, url):
    makers.make_scored(team, 0.25, PRIVATE)
    text = text_of(organisers.get(f"{url}organiser/submissions.csv")).lstrip("\ufeff")
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["rmse_public"], row["rmse_private"], row["status"]) == ("0.25", str(PRIVATE), "scored")


@pytest.mark.parametrize("who", ["contestant", "rival", "visitor", "juror", "sponsor"])
@pytest.mark.parametrize("path", ["organiser/", "organiser/submissions.csv"])
def test_for_anybody_else_there_is_no_such_page(request, who, path, url):
    assert browser_of(request.getfixturevalue(who)).get(url + path).status_code == 404


def test_who_is_not_logged_in_may_log_in_first(nobody, url):
    assert nobody.get(f"{url}organiser/").status_code == 302

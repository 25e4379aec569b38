"""No answer of the API holds a private score before release, whoever asks, except the organisers' private board."""

import re

import pytest
from django.core.cache import cache
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from django.utils import timezone

from competitions.services import evaluations
from tests import makers
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db
PRIVATE = 7391.2846  # a value that appears nowhere else
TRACES = re.compile(rb"7391|7392|3695|3696|southern_scene|private_detail")
QUERIES = ["", "?kind=private", "?kind=final", "?output=csv&kind=private", "?output=csv"]


@pytest.fixture
def submission(team):
    makers.make_data_release(team.competition)
    submission = makers.make_submission(team)
    result = makers.make_result(
        1.5,
        PRIVATE,
        private_scenes=[{"name": "southern_scene", "metrics": {"rmse": PRIVATE}}],
        statistics={"southern_scene": [PRIVATE]},
    )
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    return submission


def api_routes():
    found = [part for part in get_resolver().url_patterns if isinstance(part, URLResolver) and part.namespace == "api"]
    return [pattern for resolver in found for pattern in resolver.url_patterns]


def addresses(submission):
    """Every address that the API has, with the contest's and submission's own names filled in."""
    values = {
        "slug": submission.team.competition.slug,
        "key": "levels",
        "version": "1",
        "name": "train.csv",
        "number": submission.pk,
        "username": submission.user.username,
        "division": "general",
    }
    for route in api_routes():
        if route.name != "unknown":
            names = route.pattern.converters
            yield reverse(f"api:{route.name}", kwargs={name: values[name] for name in names})


def content_of(answer):
    """Without the digits of instants, which might be those of a score."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return re.sub(rb"\d\d:\d\d:\d\d(\.\d+)?", b"--:--:--", content)


@pytest.mark.parametrize("person", ["nobody", "contestant", "rival", "visitor", "juror", "sponsor"])
def test_no_answer_holds_a_private_score_before_release(request, submission, anonymous, person):
    client = anonymous if person == "nobody" else client_of(request.getfixturevalue(person))
    asked = 0
    for address in addresses(submission):
        cache.clear()  # a refusal because of too many requests would hide what is sought
        for query in QUERIES:
            answer = client.get(address + query)
            assert answer.status_code != 429
            assert not TRACES.search(content_of(answer)), f"{address}{query}"
            assert not TRACES.search(str(answer.headers).encode()), f"{address}{query}"
            asked += 1
    assert asked >= 100


def test_the_search_would_find_it(submission, organisers_api, contest_url):
    assert TRACES.search(organisers_api.get(f"{contest_url}leaderboard/?kind=private").content)


def test_not_even_organisers_find_it_beside_the_submission(submission, organisers_api):
    assert not TRACES.search(organisers_api.get(f"/api/v1/submissions/{submission.pk}/").content)

"""Choosing for the end through the API."""

import pytest

from competitions.models import Competition, Team
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(final_select=1)


def test_a_program_chooses_takes_back_and_reads_what_is_chosen(api, contest_url, team: Team):
    entry = makers.make_scored(team)
    address = f"/api/v1/submissions/{entry.pk}/choice/"
    assert [api.put(address).json()["chosen"] for _ in range(2)] == [[entry.pk]] * 2
    (found,) = api.get(f"{contest_url}choices/").json()
    assert (found["select"], found["chosen"], found["counts"], found["counted"]) == (1, [entry.pk], "better", None)
    assert api.delete(address).json()["chosen"] == []


def test_a_refusal_has_a_code(api, competition, team, now):
    first, second = (makers.make_scored(team, content=b"id,y\na,%d\n" % number) for number in (1, 2))
    api.put(f"/api/v1/submissions/{first.pk}/choice/")
    answer = api.put(f"/api/v1/submissions/{second.pk}/choice/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_chosen")
    competition.phases.update(ends_at=now)
    answer = api.put(f"/api/v1/submissions/{first.pk}/choice/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "choice_locked")
    Competition.objects.update(final_select=0)
    answer = api.put(f"/api/v1/submissions/{first.pk}/choice/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cannot_choose")

"""Taking part through the API: what is asked, and which obstacle an error names, with the page that mends it."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from competitions.models import Consent, Membership, Registration, RoleInvitation
from competitions.services import registrations
from competitions.status import Role
from tests import makers

pytestmark = pytest.mark.django_db
QUESTIONS = [{"key": "resident", "label": makers.both("Do you live in Japan?"), "kind": "yes_no", "eligible": True}]
CONSENTS = [{"key": "sponsors", "label": makers.both("Sponsors may read my name.")}]
JOIN = {
    "team_name": "Newcomers",
    "accept_terms": "1",
    "accept_data_terms": "1",
    "answers": {"resident": True},
    "consents": ["sponsors"],
}


@pytest.fixture
def asking(competition):
    competition.questions, competition.consents = QUESTIONS, CONSENTS
    competition.save()
    makers.make_data_terms(competition)
    return competition


@pytest.fixture
def here(competition) -> str:
    return f"/api/v1/competitions/{competition.slug}/"


def join(client, here, **said):
    return client.post(f"{here}join/", {**JOIN, **said}, content_type="application/json")


def submit(client, here):
    headers = {"x-file-name": "prediction.csv"}
    return client.put(f"{here}submissions/", b"id,y\na,1\n", content_type="application/octet-stream", headers=headers)


def error_of(answer) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["details"].get("page", "")


def test_a_program_reads_what_is_asked_and_joins_with_it(visitors_api, asking, here):
    asked = visitors_api.get(f"{here}participation/").json()
    assert [question["key"] for question in asked["questions"]] == ["resident"]
    assert (asked["data_terms_version"], asked["status"], asked["next_step"]) == ("1", None, "not_joined")
    assert join(visitors_api, here).status_code == 201
    said = visitors_api.get(f"{here}participation/").json()
    assert (said["status"], said["answers"], said["consents"][0]["given"]) == ("approved", {"resident": True}, True)
    assert Consent.objects.get().way == "api"
    assert submit(visitors_api, here).status_code == 201


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"answers": {}}, (422, "invalid_answers", "join/")),
        ({"answers": {"resident": "perhaps"}}, (422, "invalid_answers", "join/")),
        ({"answers": {"resident": False}}, (403, "not_eligible", "join/")),
        ({"accept_terms": "0"}, (409, "terms_outdated", "rules/")),
        ({"accept_data_terms": ""}, (409, "data_terms_outdated", "data-terms/")),
        ({"consents": ["soul"]}, (422, "no_such_consent", "")),
    ],
)
def test_a_refused_join_says_why_and_where_it_is_mended(visitors_api, asking, here, said, expected):
    status, code, page = error_of(join(visitors_api, here, **said))
    prefix = here.removeprefix("/api/v1") if page else ""
    assert (status, code, page.removeprefix(prefix)) == expected


@pytest.mark.parametrize(
    ("obstacle", "page"),
    [
        ("not_joined", "join/"),
        ("waiting_for_approval", ""),
        ("not_admitted", ""),
        ("not_eligible", "join/"),
        ("terms_not_accepted", "rules/"),
        ("data_terms_not_accepted", "data-terms/"),
        ("email_not_verified", "/accounts/email/"),
        ("closed", ""),
    ],
)
def test_a_refused_submission_names_its_obstacle(
    visitors_api, competition, visitor, organiser, here, obstacle, page, now, settings
):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    competition.needs_approval = obstacle in {"waiting_for_approval", "not_admitted"}
    competition.questions = QUESTIONS if obstacle == "not_eligible" else []
    competition.save()
    if obstacle not in {"not_joined", "closed"}:
        join(visitors_api, here, consents=[], answers={"resident": False} if obstacle == "not_eligible" else {})
    if obstacle == "not_admitted":
        registrations.refuse(Registration.objects.get(), actor=organiser, reason="No.", now=now)
    if obstacle == "terms_not_accepted":
        makers.make_terms(competition, "3", created_at=now + timedelta(hours=1))
    if obstacle == "data_terms_not_accepted":
        makers.make_data_terms(competition, "2")
    if obstacle == "email_not_verified":
        EmailAddress.objects.filter(user=visitor).update(verified=False)
    if obstacle == "closed":
        competition.phases.update(ends_at=now - timedelta(days=1), starts_at=now - timedelta(days=9))
    where = page if page.startswith("/") else f"/competitions/{competition.slug}/{page}"
    answer = submit(visitors_api, here)
    assert error_of(answer) == (403, obstacle, where)
    message = answer.json()["error"]["message"]
    named = {"terms_not_accepted": "“3” of the rules", "data_terms_not_accepted": "“2” of the data terms"}
    assert named.get(obstacle, "") in message


def test_the_data_terms_are_read_and_accepted(api, competition, here):
    makers.make_data_terms(competition)
    assert api.get(f"{here}data_terms/").json()["is_accepted"] is False
    assert submit(api, here).status_code == 403
    wrong = api.post(f"{here}data_terms/", {"version": "9"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (409, "data_terms_outdated")
    assert api.post(f"{here}data_terms/", {"version": "1"}, content_type="application/json").json()["is_accepted"]
    assert submit(api, here).status_code == 201


def test_a_contest_whose_data_have_no_terms_says_so(api, here):
    assert api.get(f"{here}data_terms/").status_code == 404


def test_leaving_is_safe_twice(api, here):
    assert [api.delete(f"{here}participation/").status_code for _ in range(2)] == [204, 204]
    assert error_of(submit(api, here))[1] == "not_joined"


def test_organisers_decide_and_nobody_else(organisers_api, visitors_api, rivals_api, competition, here):
    competition.needs_approval = True
    competition.save()
    join(visitors_api, here, consents=[], answers={})
    assert rivals_api.get(f"{here}registrations/").status_code == 403
    (waiting,) = organisers_api.get(f"{here}registrations/").json()
    address = f"{here}registrations/{waiting['number']}/"
    assert rivals_api.post(address, {"decision": "approve"}, content_type="application/json").status_code == 403
    decided = organisers_api.post(address, {"decision": "approve"}, content_type="application/json").json()
    assert (waiting["status"], decided["status"]) == ("waiting", "approved")
    refused = organisers_api.post(address, {"decision": "refuse", "reason": "no"}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "cannot_decide")


def test_people_and_invitations_are_the_organisers_business(organisers_api, competition, here):
    makers.make_member(competition, "juror", Role.JUROR)
    asked = {"email": "new@example.org", "role": "sponsor"}
    made = organisers_api.post(f"{here}people/", asked, content_type="application/json")
    found = organisers_api.get(f"{here}people/").json()
    assert made.status_code == 201
    assert [one["role"] for one in found["roles"]] == ["organiser", "juror"]
    assert [one["email"] for one in found["invitations"]] == ["new@example.org"]
    assert RoleInvitation.objects.get().digest not in str(made.json())
    refused = organisers_api.post(f"{here}people/", {**asked, "role": "owner"}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "owners_only")


def test_a_juror_is_told_why_they_cannot_join(visitors_api, visitor, competition, here):
    Membership.objects.create(competition=competition, user=visitor, role=Role.JUROR)
    assert error_of(join(visitors_api, here, consents=[], answers={}))[:2] == (409, "is_juror")


def test_a_contest_that_is_over_says_so_to_whoever_would_join(visitors_api, competition, here, now):
    competition.phases.update(ends_at=now - timedelta(days=1), starts_at=now - timedelta(days=9))
    page = f"/competitions/{competition.slug}/"
    assert error_of(join(visitors_api, here, consents=[], answers={})) == (403, "closed", page)

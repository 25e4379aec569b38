"""Joining a contest that asks something, waiting, leaving, and what a person may allow and take back."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from competitions.models import Consent, DataAcceptance, Division, Registration, TeamInvitation, User
from competitions.queries.participation import has_consented
from competitions.queries.teams import team_of
from competitions.services import mails, outbox
from competitions.status import Channel, RegistrationStatus
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
QUESTIONS = [
    {"key": "resident", "label": makers.both("Do you live in Japan?"), "kind": "yes_no", "eligible": True},
    {"key": "employer", "label": makers.both("Employer"), "kind": "text", "optional": True, "personal": True},
]
CONSENTS = [{"key": "sponsors", "label": makers.both("Sponsors may read my name.")}]
FORM = {
    "team_name": "Newcomers",
    "accept": "on",
    "data_version": "1",
    "accept_data": "on",
    "question-resident": "yes",
    "question-employer": "Harbour office",
}


@pytest.fixture
def asking(competition):
    competition.questions, competition.consents, competition.needs_approval = QUESTIONS, CONSENTS, True
    competition.save()
    makers.make_data_terms(competition)
    return competition


def test_one_form_asks_everything_and_ticks_no_consent_by_itself(visitors, asking, url):
    page = visitors.get(f"{url}join/")
    text = text_of(page)
    assert all(words in text for words in ("Do you live in Japan?", "personal data", "Data terms 1", "Rules 1"))
    assert page.context["form"].fields["consent-sponsors"].initial is None
    assert 'name="consent-sponsors"' in text
    assert "checked" not in text


@pytest.mark.parametrize("missing", ["accept", "accept_data", "question-resident"])
def test_nothing_is_recorded_while_something_is_missing(visitors, asking, url, missing):
    answer = visitors.post(f"{url}join/", {key: value for key, value in FORM.items() if key != missing})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [missing])
    assert (Registration.objects.count(), Consent.objects.count(), DataAcceptance.objects.count()) == (0, 0, 0)


def test_who_read_older_data_terms_reads_the_new_ones_first(visitors, asking, url):
    makers.make_data_terms(asking, "2", created_at=timezone.now())
    answer = visitors.post(f"{url}join/", FORM)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["data_version"])


def test_who_waits_is_told_so_in_one_sentence(visitors, asking, visitor, url):
    assert visitors.post(f"{url}join/", FORM).status_code == 302
    assert Registration.objects.get().answers == {"resident": True, "employer": "Harbour office"}
    sentence = "have not admitted you yet, and until then you can see the contest but not download or submit"
    for page in ("data/", "submit/", "join/"):
        answer = visitors.get(url + page)
        assert sentence in text_of(answer), page
    file = SimpleUploadedFile("prediction.csv", b"id,y\na,1\n")
    assert visitors.post(f"{url}submit/", {"key": "k", "file": file}).status_code == 403


def test_two_divisions_ask_the_same_person_once(visitors, asking, url):
    other = Division.objects.create(competition=asking, key="student", title=makers.both("Students"))
    asking.phases.get().divisions.add(other)
    assert text_of(visitors.get(f"{url}join/")).count("Do you live in Japan?") == 1
    visitors.post(f"{url}join/", FORM)
    assert "question-resident" not in text_of(visitors.get(f"{url}join/"))
    assert Registration.objects.count() == 1


def test_an_answer_that_lets_nobody_in_is_said_at_once_and_can_be_corrected(visitors, asking, visitor, url):
    answer = visitors.post(f"{url}join/", {**FORM, "question-resident": "no"})
    assert answer.status_code == 400
    assert "you are not eligible to take part: Do you live in Japan?" in text_of(answer)
    assert team_of(visitor, asking) is None
    assert "If an answer was a mistake, correct it here" in text_of(visitors.get(f"{url}join/"))
    visitors.post(f"{url}join/", FORM)
    assert Registration.objects.get().status == RegistrationStatus.WAITING


def test_organisers_admit_and_refuse_with_the_reason(visitors, organisers, rivals, asking, visitor, url):
    visitors.post(f"{url}join/", FORM)
    queue, number = f"{url}organiser/registrations/", Registration.objects.get().pk
    page = text_of(organisers.get(queue))
    assert all(words in page for words in ("Newcomers", "Harbour office", "personal data"))
    assert rivals.get(queue).status_code == 404
    assert rivals.post(f"{queue}{number}/", {"act": "approve"}).status_code == 404
    organisers.post(f"{queue}{number}/", {"act": "refuse", "reason": ""})
    assert Registration.objects.get().status == RegistrationStatus.WAITING
    organisers.post(f"{queue}{number}/", {"act": "refuse", "reason": "Employees of the host."})
    assert "Employees of the host." in text_of(visitors.get(f"{url}data/"))
    organisers.post(f"{queue}{number}/", {"act": "approve"})
    assert Registration.objects.get().status == RegistrationStatus.APPROVED
    notices = text_of(visitors.get("/notices/"))
    assert "You take part" in notices


def test_new_data_terms_are_asked_for_before_the_next_download(contestants, competition, contestant, url):
    makers.make_data_terms(competition)
    assert "The terms of the data have a new version." in text_of(contestants.get(f"{url}data/"))
    assert contestants.post(f"{url}data-terms/", {"version": "0", "accept": "on"}).status_code == 400
    assert contestants.post(f"{url}data-terms/", {"version": "1", "accept": "on"}).status_code == 302
    assert DataAcceptance.objects.get().user == contestant
    assert "have a new version" not in text_of(contestants.get(f"{url}data/"))


def test_what_happens_is_said_before_somebody_leaves(contestants, competition, team, url):
    makers.make_scored(team)
    page = text_of(contestants.get(f"{url}leave/"))
    assert "stays on the boards" in page
    assert "That gives back no submissions" in page
    contestants.post(f"{url}leave/", {})
    assert not Registration.objects.exists()
    contestants.post(f"{url}leave/", {"sure": "on"})
    assert Registration.objects.get().status == RegistrationStatus.LEFT
    assert contestants.get(f"{url}leave/").status_code == 404
    assert "Join" in text_of(contestants.get(url))


def test_a_person_gives_and_takes_back_a_consent_on_their_own_page(contestants, contestant, competition):
    competition.consents = CONSENTS
    competition.save()
    assert "not given" in text_of(contestants.get("/me/"))
    form = {"contest": competition.slug, "key": "sponsors"}
    contestants.post("/me/consents/", {**form, "act": "give"})
    assert has_consented(contestant, competition, "sponsors")
    contestants.post("/me/consents/", {**form, "act": "withdraw"})
    assert not has_consented(contestant, competition, "sponsors")
    assert contestants.post("/me/consents/", {**form, "key": "soul", "act": "give"}).status_code == 404


def test_affiliation_and_country_are_on_the_own_page(contestants, contestant):
    form = {"language": "", "time_zone": "", "affiliation": " Harbour  office ", "country": "JP"}
    contestants.post("/me/", form)
    contestant.refresh_from_db()
    assert (contestant.affiliation, contestant.country) == ("Harbour office", "JP")
    assert contestants.post("/me/", {**form, "country": "XX"}).status_code == 400
    contestants.post("/me/", {**form, "country": ""})
    contestant.refresh_from_db()
    assert contestant.country == ""


def test_a_captain_lets_the_link_be_mailed(competition, team, nobody, url):
    competition.team_max_size = 3
    competition.save()
    captains = browser_of(team.members.get().user)
    page = text_of(captains.post(f"{url}team/invite/", {"who": "friend@example.org", "by_mail": "on"}))
    outbox.work_off({Channel.MAIL: mails.prepare_mail}, seconds=20)
    (sent,) = mail.outbox
    link = next(word for word in sent.body.split() if "/invitations/link/" in word)
    assert sent.to == ["friend@example.org"]
    assert link.partition("/invitations/")[2] in page
    friend = browser_of(makers.make_user("friend"))
    answer = friend.get("/" + link.split("/", 3)[3])
    assert (answer.status_code, answer["Referrer-Policy"]) == (200, "same-origin")
    assert "no-store" in answer["Cache-Control"]
    captains.post(f"{url}team/invite/", {"who": "other@example.org"})
    assert outbox.work_off({Channel.MAIL: mails.prepare_mail}, seconds=20) == 0
    assert TeamInvitation.objects.count() == 2
    assert not User.objects.filter(email="other@example.org").exists()

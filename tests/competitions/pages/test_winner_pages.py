"""The audit of winners on the pages: the chair's, the candidate's, and the list of the awards."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from competitions.models import Award, Notice, Rerun, Sheet, WinnerDecision
from competitions.services import jury_assignments, message_texts, reruns, sheets
from competitions.winner_rules import STAGES
from tests import makers
from tests.competitions import jury
from tests.competitions.api.conftest import client_of
from tests.competitions.pages.conftest import browser_of, text_of
from tests.competitions.winner_stage import end_contest, entry_of, hand_in, make_audit, make_award, make_ranked, opened

pytestmark = pytest.mark.django_db
COMMANDS = {f"{stage}_commands": f"python {stage}.py" for stage in STAGES}
FORM = {"model_place": "inside", "seeds": "numpy: 1", **COMMANDS}


@pytest.fixture
def record(competition):
    make_award(competition, amount=makers.both("A cup"), sponsor=makers.both("Harbour office"))
    return make_audit(competition, tolerance={"absolute": 0.5})


@pytest.fixture
def teams(competition, record):
    return make_ranked(competition, "ada", "bob")


@pytest.fixture
def entry(teams, record, organiser):
    opened(record, organiser)
    return entry_of(teams[0])


@pytest.fixture
def candidates(teams):
    return browser_of(teams[0].members.get().user)


def files(**content: bytes):
    names = {"code": "main.py", "environment": "lock.txt", "report": "r.pdf"}
    return {part: SimpleUploadedFile(names[part], content.get(part, b"x")) for part in names}


def test_the_chair_sees_candidates_reserves_and_the_rules(organisers, teams, url):
    page = text_of(organisers.get(f"{url}organiser/winners/"))
    for shown in ("ada team", "bob team", "candidate", "reserve", "largest difference of a value: 0.5", "14 days"):
        assert shown in page
    assert "Begin the audit" not in page  # it is not over


def test_a_candidate_hands_in_on_the_page_and_gets_a_receipt(candidates, entry, url):
    address = f"{url}hand-in/{entry.pk}/"
    page = text_of(candidates.get(address))
    assert "Prize first" in page
    assert "tell nobody" in page
    page = text_of(candidates.post(address, {**FORM, **files()}, follow=True))
    assert "Received as version 1" in page
    receipt = json.loads(candidates.get(f"{address}receipt.json").content)
    assert receipt["digest"][:12] in page
    page = text_of(candidates.post(address, {**FORM, "code": SimpleUploadedFile("main.py", b"y")}, follow=True))
    assert "Received as version 2" in page
    again = json.loads(candidates.get(f"{address}receipt.json?version=1").content)
    assert again == receipt


def test_what_is_missing_is_said_at_its_field(candidates, entry, url):
    answer = candidates.post(f"{url}hand-in/{entry.pk}/", {**FORM, "seeds": "", **files()})
    assert answer.status_code == 400
    assert text_of(answer).count("field-wrong") == 1
    answer = candidates.post(f"{url}hand-in/{entry.pk}/", {**FORM, "model_place": "apart", **files()})
    assert answer.status_code == 400
    assert "Still missing: the model." in text_of(answer)


def test_only_what_the_contest_does_not_ask_for_is_called_optional(candidates, entry, url):
    first = text_of(candidates.get(f"{url}hand-in/{entry.pk}/"))
    hand_in(entry)
    again = text_of(candidates.get(f"{url}hand-in/{entry.pk}/"))
    # The model apart, minutes and hardware of three stages, the reason to decline; then the three files that are kept.
    assert (first.count("(optional)"), again.count("(optional)")) == (8, 11)


def test_a_candidates_page_tells_no_rank_and_no_private_score(candidates, entry, url):
    hand_in(entry)
    page = text_of(candidates.get(f"{url}hand-in/{entry.pk}/"))
    for hidden in ("1.000", "Rank", "reserve", "bob"):
        assert hidden not in page


def test_files_are_downloads_for_the_team_and_the_organisers(candidates, organisers, teams, entry, url):
    file = hand_in(entry, report=("r.html", b"<script>alert(1)</script>")).files.get(part="report")
    for client in (candidates, organisers):
        answer = client.get(f"{url}hand-in/files/{file.pk}")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert browser_of(teams[1].members.get().user).get(f"{url}hand-in/files/{file.pk}").status_code == 404


def test_the_chair_runs_the_version_that_was_looked_at(organisers, entry, url):
    makers.make_runtime()
    makers.make_data_release(entry.audit.competition)
    hand_in(entry)
    address = f"{url}organiser/winners/{entry.pk}/"
    assert 'value="train.csv"' in text_of(organisers.get(address))
    page = text_of(organisers.post(f"{address}run/", {"version": "1", "inputs": ["train.csv"]}, follow=True))
    assert "The program waits for a free worker." in page
    assert "not finished yet" in page
    assert Rerun.objects.get().execution.kind == "winner"
    page = text_of(organisers.post(f"{address}run/", {"version": "1", "inputs": ["train.csv"]}, follow=True))
    assert "being run already" in page
    assert organisers.post(f"{address}run/", {"version": "9"}).status_code == 404


def test_the_page_shows_the_numbers_of_a_comparison(organisers, organiser, entry, url):
    makers.make_runtime()
    makers.make_data_release(entry.audit.competition)
    rerun = reruns.start(hand_in(entry), inputs=["train.csv"], user=organiser, now=timezone.now())
    scene = {"name": "y", "cells": 4, "differing": 3, "largest_absolute": 0.75, "iou": None}
    compared = {
        "is_equal": False, "is_within": False, "cells": 4, "differing": 3, "largest_absolute": 0.75,
        "largest_relative": 0.5, "smallest_iou": None, "scenes": [scene], "scene_count": 1,
    }  # fmt: skip
    scores = {"submitted": {"rmse": {"private": 1.0}}, "again": {"rmse": {"private": 1.25}}}
    report = {
        "has_same_bytes": False, "written_sha256": "a" * 64, "submitted_sha256": "b" * 64,
        "comparison": compared, "scores": scores,
    }  # fmt: skip
    makers.end_run(makers.begin_run(entry.submission))
    claim = reruns.claim_next(worker="test", now=timezone.now())
    assert claim.pk == rerun.pk
    reruns.record(claim, report, now=timezone.now())
    page = text_of(organisers.get(f"{url}organiser/winners/{entry.pk}/"))
    for shown in ("NOT reproduced", "3 (75 %)", "0.75", "1.25", "other bytes"):
        assert shown in page
    told = organisers.get(f"/api/v1/competitions/{entry.audit.competition.slug}/winners/").json()
    assert told["awards"][0]["candidates"][0]["runs"][0]["verdict"] == "different"


def test_deciding_needs_a_tick(organisers, entry, url):
    hand_in(entry)
    address = f"{url}organiser/winners/{entry.pk}/decide/"
    page = text_of(organisers.post(address, {"verdict": "confirmed"}, follow=True))
    assert "Nothing was done" in page
    page = text_of(organisers.post(address, {"verdict": "rejected", "sure": "on"}, follow=True))
    assert "Say why" in page
    assert not WinnerDecision.objects.exists()
    page = text_of(organisers.post(address, {"verdict": "confirmed", "sure": "on"}, follow=True))
    assert "Decided. The team was told." in page


def test_from_the_prize_to_the_list_of_the_awards(organisers, nobody, entry, url):
    page = text_of(nobody.get(f"{url}awards/"))
    for shown in ("A cup", "Harbour office", "announced when all prizes are decided"):
        assert shown in page
    assert "ada" not in page
    hand_in(entry)
    organisers.post(f"{url}organiser/winners/{entry.pk}/decide/", {"verdict": "confirmed", "sure": "on"})
    organisers.post(f"{url}organiser/winners/publish/", {"sure": "on"})
    page = text_of(nobody.get(f"{url}awards/"))
    assert "ada team" in page
    assert "bob team" not in page
    assert "ada team" in text_of(nobody.get(f"{url}leaderboard/?kind=final"))


def test_a_team_declines_on_its_page(candidates, entry, url):
    address = f"{url}hand-in/{entry.pk}/decline/"
    assert "tick the box" in text_of(candidates.post(address, {"award": "first"}, follow=True))
    page = text_of(candidates.post(address, {"award": "first", "sure": "on"}, follow=True))
    assert "declined" in page
    assert candidates.post(address, {"award": "nonsense", "sure": "on"}).status_code == 404


def test_what_candidates_are_told_is_in_their_language(compiled_catalogue, entry):
    notice = Notice.objects.get(kind="results")
    with translation.override("ja"):
        text = message_texts.message_text(notice.kind, notice.content, notice.competition)
    assert "入賞候補" in text.title
    assert text.path == f"/competitions/{notice.competition.slug}/hand-in/{entry.pk}/"


# -- prizes of juries -------------------------------------------------------------------------------------------------


@pytest.fixture
def idea(competition, organiser, teams, record):
    """A jury that has signed its sheet of the only entry, bob's, and a prize that goes by it."""
    division = jury.make_division(competition, jurors_per_entry=1)
    jury.hand_in(teams[1], division)
    jury.close(division)
    (juror,) = jury.make_jurors(competition, 1)
    jury.declare(division, [juror])
    jury_assignments.assign_evenly(division, actor=organiser, now=timezone.now())
    jury.fill(Sheet.objects.get(entry__division=division), 5, 4)
    title = makers.both("Prize of ideas")
    Award.objects.create(competition=competition, key="idea", title=title, division=division, position=2)
    return division


def sign(division):
    sheets.sign(division, juror=Sheet.objects.get().juror, name="J. Uror", now=timezone.now())


def test_the_chair_sees_that_a_jury_is_still_at_work(organisers, competition, idea, url):
    end_contest(competition)
    page = text_of(organisers.get(f"{url}organiser/winners/"))
    assert "The audit can begin when the juries that prizes go by have signed all their sheets." in page
    assert "The jury has not signed all its sheets yet." in page
    assert "Begin the audit" not in page
    sign(idea)
    page = text_of(organisers.get(f"{url}organiser/winners/"))
    assert "not signed" not in page
    assert "Begin the audit" in page


def test_from_the_jurys_total_to_the_list_of_the_awards(organisers, nobody, teams, record, organiser, idea, url):
    sign(idea)
    opened(record, organiser)
    team = browser_of(teams[1].members.get().user)
    entry = entry_of(teams[1])
    page = text_of(team.get(f"{url}hand-in/{entry.pk}/"))
    for shown in ("Prize of the jury", "Ideas", "There is nothing to hand in", "Decline this prize"):
        assert shown in page
    assert "What to hand in" not in page
    chairs = text_of(organisers.get(f"{url}organiser/winners/{entry.pk}/"))
    assert "The jury alone decides this prize" in chairs
    assert "Nothing was handed in yet" not in chairs
    assert f"{url}divisions/ideas/results/" not in text_of(nobody.get(f"{url}awards/"))
    ada = entry_of(teams[0])
    hand_in(ada)
    for one in (ada, entry):
        organisers.post(f"{url}organiser/winners/{one.pk}/decide/", {"verdict": "confirmed", "sure": "on"})
    page = text_of(organisers.get(f"{url}organiser/winners/"))
    assert "With them the results of these juries are published:" in page
    assert nobody.get(f"{url}divisions/ideas/results/").status_code == 404
    organisers.post(f"{url}organiser/winners/publish/", {"sure": "on", "comments": "on"})
    page = text_of(nobody.get(f"{url}awards/"))
    assert f'<a href="{url}divisions/ideas/results/">Jury\'s total</a>' in page
    assert "bob team" in page
    assert "bob team" in text_of(nobody.get(f"{url}divisions/ideas/results/"))


def test_the_api_names_a_jurys_prize_and_its_candidate(organiser, teams, record, idea, competition):
    sign(idea)
    opened(record, organiser)
    address = f"/api/v1/competitions/{competition.slug}"
    prize = client_of(organiser).get(f"{address}/winners/").json()["awards"][1]
    assert (prize["phase"], prize["task"], prize["division"]) == (None, None, "ideas")
    assert [(one["team"], one["submission"]) for one in prize["candidates"]] == [("bob team", None)]
    (asked,) = client_of(teams[1].members.get().user).get(f"{address}/hand_ins/").json()
    assert (asked["submission"], asked["parts"], asked["is_open"]) == (None, [], False)

"""The pages of a juried division: handing in, the blind jury, documents that can do nothing, the chair's table."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from competitions.models import Entry, EntryVersion, JuryChair, Phase, Sheet
from competitions.services import jury_assignments, jury_results, sheets
from tests import makers
from tests.competitions import jury
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def division(competition, now):
    return jury.make_division(competition, now=now, jurors_per_entry=1)


@pytest.fixture
def jurors(competition):
    return jury.make_jurors(competition, 2)


@pytest.fixture
def judged(division, team, rival, jurors, organiser):
    """Two entries; the first juror has the contestant's, the second the rival's."""
    jury.hand_in(team, division, jury.HTML, title="Tides in colour")
    jury.hand_in(rival.team_memberships.get().team, division, title="Tides as sound")
    jury.close(division)
    jury.declare(division, jurors)
    for one, juror in zip((team, rival.team_memberships.get().team), jurors, strict=True):
        entry = Entry.objects.get(team=one)
        jury_assignments.assign(entry, juror=juror, actor=organiser, now=timezone.now())
    return division


def number_of(team) -> int:
    return Entry.objects.get(team=team).number


def complete(division, jurors) -> None:
    for juror in jurors:
        for sheet in Sheet.objects.filter(juror=juror):
            jury.fill(sheet, 4, 5, comment="Well done.", notes="my own secret")
        sheets.sign(division, juror=juror, name="J. Juror", now=timezone.now())


# -- contestants ------------------------------------------------------------------------------------------------------


def test_everybody_reads_limits_rubric_and_formula(nobody, url, division):
    page = text_of(nobody.get(f"{url}divisions/"))
    for words in ("total = 1 × jury", "Each file has at most 1 MiB.", "a new view", "Insight"):
        assert words in page
    assert f'href="{url}divisions/"' in text_of(nobody.get(url))


def test_a_team_hands_in_and_replaces_and_finds_its_receipts(contestants, url, division):
    address = f"{url}divisions/ideas/entry/"
    first = {"title": "Idea", "key": "a", "files": [SimpleUploadedFile("one.pdf", jury.PDF)]}
    assert contestants.post(address, first).status_code == 302
    second = {"title": "Idea 2", "key": "b", "keep": "1", "files": [SimpleUploadedFile("two.png", jury.PNG)]}
    assert contestants.post(address, second).status_code == 302
    page = text_of(contestants.get(address))
    version = EntryVersion.objects.get(number=2)
    assert [one.file_name for one in version.documents.all()] == ["one.pdf", "two.png"]
    assert version.sha256 in page
    receipt = contestants.get(f"{address}{version.pk}/receipt.json").json()
    assert receipt["sha256"] == version.sha256
    document = contestants.get(f"{address}{version.pk}/1")
    assert b"".join(document.streaming_content) == jury.PDF
    assert document["Content-Disposition"] == 'attachment; filename="one.pdf"'


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(b"MZ", 400, "none of these"), (jury.PDF + b"x" * 1024 * 1024, 413, "the limit of a file here")],
)
def test_what_is_refused_is_told_and_the_words_stay(contestants, url, division, content, status, words):
    form = {"title": "My idea", "abstract": "Long text", "files": [SimpleUploadedFile("a.pdf", content)]}
    answer = contestants.post(f"{url}divisions/ideas/entry/", form)
    assert answer.status_code == status
    assert words in text_of(answer)
    assert 'value="My idea"' in text_of(answer)
    assert "Long text" in text_of(answer)


def test_more_bytes_than_the_division_takes_are_cut_off(contestants, url, division):
    Phase.objects.update(max_file_bytes=1024)
    files = [SimpleUploadedFile(f"{number}.pdf", jury.PDF + b"x" * 1_600_000) for number in range(2)]
    answer = contestants.post(f"{url}divisions/ideas/entry/", {"title": "Big", "files": files})
    assert answer.status_code == 413
    assert not Entry.objects.exists()


def test_a_rival_reads_neither_receipt_nor_document(rivals, url, team, division):
    version = jury.hand_in(team, division)
    for path in ("receipt.json", "1"):
        assert rivals.get(f"{url}divisions/ideas/entry/{version.pk}/{path}").status_code == 404


# -- the blind jury ---------------------------------------------------------------------------------------------------


def test_no_name_is_on_the_pages_of_a_blind_jury(judged, jurors, team, url):
    """Neither of the team, nor of its people, nor of its file; the title and the number are what a juror knows."""
    browser, number = browser_of(jurors[0]), number_of(team)
    pages = [f"{url}divisions/ideas/jury/", f"{url}divisions/ideas/jury/{number}/"]
    for page in [text_of(browser.get(path)) for path in pages]:
        main = page.split("<main", 1)[1]
        assert f"entry-{number:02d}" in main
        assert "contestant" not in main
        assert "our-names" not in main
    document = browser.get(f"{url}divisions/ideas/jury/{number}/1")
    assert document["Content-Disposition"] == f'attachment; filename="entry-{number:02d}-document-1.html"'


def test_the_list_of_conflicts_is_in_the_order_of_names_and_tells_no_number(
    division, competition, team, rival, jurors, url
):
    jury.hand_in(rival.team_memberships.get().team, division)
    jury.hand_in(team, division)
    jury.close(division)
    page = text_of(browser_of(jurors[0]).get(f"{url}divisions/ideas/jury/"))
    assert page.index("contestant team") < page.index("rival team")
    assert not re.search(r"entry-\d\d", page)


def test_until_a_juror_has_declared_no_entry_opens(judged, competition, url, team, organiser):
    newcomer = makers.make_member(competition, "newcomer", "juror")
    jury_assignments.assign(Entry.objects.get(team=team), juror=newcomer, actor=organiser, now=timezone.now())
    browser, address = browser_of(newcomer), f"{url}divisions/ideas/jury/{number_of(team)}/"
    assert browser.get(address).status_code == 404
    assert browser.post(f"{url}divisions/ideas/jury/declare/", {"conflict": []}).status_code == 400
    browser.post(f"{url}divisions/ideas/jury/declare/", {"sure": "on"})
    assert browser.get(address).status_code == 200


def test_a_juror_does_not_open_what_another_judges(judged, jurors, rival, url):
    address = f"{url}divisions/ideas/jury/{number_of(rival.team_memberships.get().team)}/"
    for path in ("", "1", "1/view/"):
        assert browser_of(jurors[0]).get(f"{address}{path}").status_code == 404


def test_a_juror_sees_no_score_and_no_private_board(judged, jurors, team, url):
    makers.make_scored(team, 1.0, 7.31)
    browser = browser_of(jurors[0])
    JuryChair.objects.create(division=judged, user=jurors[0])
    for path in ("jury/", f"jury/{number_of(team)}/", "jury/chair/", "jury/chair/totals.csv"):
        answer = browser.get(f"{url}divisions/ideas/{path}")
        assert answer.status_code == 200
        assert "7.31" not in text_of(answer)


# -- sheets -----------------------------------------------------------------------------------------------------------


def save(browser: Client, address: str, version: int, **fields):
    return browser.post(address, {"version": version, **fields}, headers={"accept": "application/json"})


def test_a_sheet_saves_itself_and_a_second_window_is_told(judged, jurors, team, url):
    browser, address = browser_of(jurors[0]), f"{url}divisions/ideas/jury/{number_of(team)}/"
    answer = save(browser, address, 0, mark_insight=4, mark_form=2, notes="mine")
    assert re.fullmatch(r"Saved \d\d:\d\d:\d\d", answer.json()["saved"])
    assert (answer.json()["version"], answer.json()["progress"]) == (1, "1/1")
    second = save(browser, address, 0, mark_insight=1)
    assert (second.status_code, second.json()["code"]) == (409, "conflict_of_versions")
    plain = browser.post(address, {"version": 0, "mark_insight": 1})
    assert plain.status_code == 409
    assert "nothing was overwritten" in text_of(plain)
    assert Sheet.objects.get(juror=jurors[0]).marks == {"insight": 4, "form": 2}


def test_without_a_script_the_sheet_is_a_plain_form(judged, jurors, team, url):
    browser, address = browser_of(jurors[0]), f"{url}divisions/ideas/jury/{number_of(team)}/"
    answer = browser.post(address, {"version": 0, "mark_insight": 5, "then": "list"})
    assert answer["Location"] == f"{url}divisions/ideas/jury/"
    assert 'value="5" checked' in text_of(browser.get(address))


def test_documents_are_framed_without_any_right(judged, jurors, team, url):
    browser, address = browser_of(jurors[0]), f"{url}divisions/ideas/jury/{number_of(team)}/"
    assert '<iframe class="document-frame" sandbox src=' in text_of(browser.get(address))
    shown = browser.get(f"{address}1/view/")
    policy = shown["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert "allow-" not in policy
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["X-Frame-Options"] == "SAMEORIGIN"


def test_a_pdf_is_a_download_only(judged, jurors, rival, url):
    address = f"{url}divisions/ideas/jury/{number_of(rival.team_memberships.get().team)}/"
    assert browser_of(jurors[1]).get(f"{address}1/view/").status_code == 404
    assert browser_of(jurors[1]).get(f"{address}1")["Content-Type"] == "application/pdf"


# -- the chair --------------------------------------------------------------------------------------------------------


def test_the_chairs_table_shows_spreads_and_every_term(judged, jurors, organisers, url):
    complete(judged, jurors)
    page = text_of(organisers.get(f"{url}divisions/ideas/jury/chair/"))
    # (2 * 3/4 + 1 * 4/4) / 3
    assert page.count("0.833") >= 4
    assert "contestant team" in page
    rows = csv_of(organisers.get(f"{url}divisions/ideas/jury/chair/sheets.csv"))
    assert {(row["insight"], row["form"], row["state"], row["z"]) for row in rows} == {("4", "5", "signed", "0.0")}
    totals = csv_of(organisers.get(f"{url}divisions/ideas/jury/chair/totals.csv"))
    assert [row["rank"] for row in totals] == ["1", "2"]
    everything = text_of(organisers.get(f"{url}divisions/ideas/jury/chair/sheets.csv")) + page
    assert "my own secret" not in everything


def csv_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(answer).lstrip("\ufeff"))))


def test_a_name_like_a_formula_stays_a_name_in_the_export(judged, organisers, team, url):
    team.name = "=HYPERLINK(1)"
    team.save()
    rows = csv_of(organisers.get(f"{url}divisions/ideas/jury/chair/sheets.csv"))
    assert "'=HYPERLINK(1)" in {row["team"] for row in rows}


def test_the_sheets_are_printed_with_their_signatures(judged, jurors, organisers, url):
    complete(judged, jurors)
    answer = organisers.get(f"{url}divisions/ideas/jury/chair/sheets.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_a_chair_who_judges_sees_states_only_until_all_is_locked(judged, jurors, url):
    JuryChair.objects.create(division=judged, user=jurors[0])
    browser, address = browser_of(jurors[0]), f"{url}divisions/ideas/jury/chair/"
    jury.fill(Sheet.objects.get(juror=jurors[1]), 5, 5, comment="between us")
    page = text_of(browser.get(address)) + text_of(browser.get(f"{address}sheets.csv"))
    assert "between us" not in page
    assert "rival team" not in page
    assert "1.000" not in page
    assert browser.get(f"{address}sheets.pdf").status_code == 302
    complete(judged, jurors)
    assert "rival team" in text_of(browser.get(address))


def test_a_chair_among_the_jurors_does_not_publish(judged, jurors, url):
    complete(judged, jurors)
    JuryChair.objects.create(division=judged, user=jurors[0])
    answer = browser_of(jurors[0]).post(f"{url}divisions/ideas/jury/chair/", {"act": "publish", "sure": "on"})
    assert answer.status_code == 400


def test_contestants_see_nothing_before_publication_and_then_rank_total_and_their_comments(
    judged, jurors, organisers, contestants, rivals, url
):
    complete(judged, jurors)
    address = f"{url}divisions/ideas/results/"
    assert contestants.get(address).status_code == 404
    assert "Result</a>" not in text_of(contestants.get(f"{url}divisions/"))
    form = {"act": "publish", "sure": "on", "comments": "on"}
    assert organisers.post(f"{url}divisions/ideas/jury/chair/", form).status_code == 302
    page = text_of(contestants.get(address))
    assert "0.8333" in page
    assert "Well done." in page
    assert "J. Juror" not in page
    assert "my own secret" not in page


def test_comments_that_were_not_released_stay_with_the_jury(judged, jurors, organiser, contestants, url):
    complete(judged, jurors)
    jury_results.publish(judged, actor=organiser, has_comments=False, now=timezone.now())
    assert "Well done." not in text_of(contestants.get(f"{url}divisions/ideas/results/"))

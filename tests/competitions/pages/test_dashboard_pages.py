"""The contest in numbers, for its sponsors: what they read, and what they never do."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.template.loader import get_template
from PIL import Image

from competitions.models import Board, FirstDownload, Phase, Submission, TeamMember, User
from competitions.queries.dashboard import best_scores, curve_boards, submissions_by_day, totals
from competitions.services import consents, group_reports
from competitions.status import BoardKind, ConsentWay
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of
from tests.competitions.test_pdf import streams

pytestmark = pytest.mark.django_db


@pytest.fixture
def sponsors(sponsor):
    return browser_of(sponsor)


@pytest.fixture
def busy(competition, now):
    """Eight teams of one; five submitted; the best public RMSE falls from 3 to 1.25 over three days."""
    teams = [makers.make_team(competition, f"person{number}") for number in range(8)]
    for number, value in enumerate((3.0, 2.0, 2.5, 1.25, 4.0)):
        makers.make_scored(teams[number], value, 777.5, submitted_at=now - timedelta(days=5 - number))
    User.objects.filter(team_memberships__team__in=teams[:6]).update(country="JP", affiliation="=HARBOUR()")
    User.objects.filter(team_memberships__team__in=teams[6:]).update(country="FR", affiliation="Île")
    group_reports.publish(competition, now=now)
    return teams


def table(client, url, key, query=""):
    text = client.get(f"{url}dashboard/{key}.csv{query}").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_sponsor_reads_the_numbers_in_both_languages(sponsors, url, busy, compiled_catalogue):
    english = text_of(sponsors.get(f"{url}dashboard/"))
    for shown in ("Active teams", "Submissions a day", "How far teams came", "Countries", "1.250", "Lower is better."):
        assert shown in english
    japanese = text_of(sponsors.get(f"{url}dashboard/", headers={"accept-language": "ja"}))
    for shown in ("アクティブチーム", "1日ごとの投稿数", "チームの参加状況", "国・地域", "1.250"):
        assert shown in japanese


def test_neither_a_name_nor_a_private_score_is_told(sponsors, url, busy):
    page = text_of(sponsors.get(f"{url}dashboard/"))
    report = streams(sponsors.get(f"{url}dashboard/report.pdf?language=en").content)
    for secret in ("person1", "777.5", "@example.org"):
        assert secret not in page
        assert secret.encode() not in report
    assert "Nobody has a recorded consent" in page


def test_sponsors_learn_the_names_of_those_who_agreed_only(sponsors, url, busy, competition, now):
    said = {"key": "sponsors", "label": makers.both("My name and affiliation may be passed to the sponsors.")}
    competition.consents = [said]
    competition.save()
    for number in (3, 4):
        person = busy[number].members.get().user
        consents.give(user=person, competition=competition, key="sponsors", way=ConsentWay.PAGE, now=now)
    consents.withdraw(user=busy[4].members.get().user, competition=competition, key="sponsors", now=now)
    page = text_of(sponsors.get(f"{url}dashboard/"))
    names = [team.members.get().user.username for team in busy]
    assert [name for name in names if f"<td>{name}</td>" in page] == [names[3]]
    competition.consents = [{**said, "label": makers.both("My mail address, too.")}]  # nobody agreed to these words
    competition.save()
    assert f"<td>{names[3]}</td>" not in text_of(sponsors.get(f"{url}dashboard/"))


def test_the_numbers_are_those_of_the_contest(competition, busy, now):
    FirstDownload.objects.create(user=busy[7].members.get().user, release=makers.make_data_release(competition), at=now)
    makers.make_rejected(busy[5])
    cache.clear()
    found = totals(competition)
    assert (found.entrants, found.teams, found.submissions) == (8, 8, 6)
    assert (found.downloaded, found.submitted, found.scored) == (1, 6, 5)


def test_days_are_the_contests_own_and_days_without_a_submission_are_there(competition, team):
    """In Tokyo 15:00 UTC is the next day."""
    moments = ["2026-03-01T14:59:59+00:00", "2026-03-01T15:00:00+00:00", "2026-03-03T15:00:00+00:00"]
    for moment in moments:
        Submission.objects.filter(pk=makers.make_submission(team).pk).update(submitted_at=moment)
    counted = [(day.isoformat(), count) for day, count in submissions_by_day(competition)]
    assert counted == [("2026-03-01", 1), ("2026-03-02", 1), ("2026-03-03", 0), ("2026-03-04", 1)]


@pytest.mark.parametrize(("higher", "expected"), [(False, [3.0, 2.0, 1.25]), (True, [3.0, 4.0])])
def test_the_curve_shows_the_days_on_which_the_best_public_score_rose(competition, busy, higher, expected):
    Board.objects.update(higher_is_better=higher)
    board = Board.objects.get(kind=BoardKind.PUBLIC)
    assert [value for _day, value in best_scores(board)] == expected


def test_the_curve_tells_no_more_digits_than_the_board(competition, team):
    makers.make_scored(team, 1.23456, 2)
    Board.objects.update(decimals=1)
    assert [value for _day, value in best_scores(Board.objects.get(kind=BoardKind.PUBLIC))] == [1.2]


def test_the_curve_of_a_board_with_a_gate_leaves_out_what_fails_it(competition, busy):
    Board.objects.update(gates=[{"metric": "mae", "at_least": 1.0}])  # in these tests the MAE is half the RMSE
    assert [value for _day, value in best_scores(Board.objects.get(kind=BoardKind.PUBLIC))] == [3.0, 2.0]


def test_the_curve_of_a_weighted_board_shows_the_weighted_sum(competition, busy):
    columns = [{"metric": name, "weight": 2.0, "higher_is_better": False} for name in ("rmse", "mae")]
    Board.objects.update(combine={"kind": "weighted", "of": columns})
    assert [value for _day, value in best_scores(Board.objects.get(kind=BoardKind.PUBLIC))] == [9.0, 6.0, 3.75]


def test_a_phase_that_keeps_its_scores_has_no_curve_not_even_for_organisers(competition, busy, now):
    assert len(curve_boards(competition, now=now)) == 1
    Phase.objects.update(hides_scores=True)
    assert curve_boards(competition, now=now) == []


def test_a_small_group_is_not_in_any_file(sponsors, url, busy):
    assert table(sponsors, url, "countries") == [
        ["Country or region", "People"],
        ["Others, or not counted in their group yet", "8"],
    ]
    assert "Île" not in text_of(sponsors.get(f"{url}dashboard/"))


def test_one_who_joins_changes_no_group_before_four_others_do(sponsors, competition, url, busy, now):
    def groups(day):
        group_reports.publish_due(now=now + timedelta(days=day))
        return table(sponsors, url, "countries")[1:]

    first = groups(0)
    for number in range(4):
        user = makers.make_team(competition, f"newcomer{number}").members.get().user
        User.objects.filter(pk=user.pk).update(country="FR")
    assert groups(1) == first
    fifth = makers.make_team(competition, "newcomer4").members.get().user
    User.objects.filter(pk=fifth.pk).update(country="FR")
    assert groups(1) == first  # a day has one table
    assert groups(2) == [["France", "7"], ["Japan", "6"]]


def test_the_days_tables_are_made_once_however_often_the_sweeper_comes(competition, busy, now):
    assert group_reports.publish_due(now=now) == 0
    assert group_reports.publish_due(now=now + timedelta(days=1)) == 1
    assert group_reports.publish_due(now=now + timedelta(days=1)) == 0
    assert group_reports.publish_due(now=now + timedelta(days=60)) == 0  # long after the end


def test_a_spreadsheet_takes_no_affiliation_for_a_formula(sponsors, competition, url, busy, now):
    User.objects.update(affiliation="=HARBOUR()")
    group_reports.publish(competition, now=now + timedelta(days=1))
    assert ["'=HARBOUR()", "8"] in table(sponsors, url, "affiliations")


def test_the_byte_order_mark_can_be_left_out(sponsors, url, busy):
    assert sponsors.get(f"{url}dashboard/funnel.csv").content.startswith(b"\xef\xbb\xbf")
    assert sponsors.get(f"{url}dashboard/funnel.csv?bom=0").content.startswith(b"Teams that")


def test_each_chart_is_a_picture_with_ink_on_it(sponsors, url, busy):
    for key in ("submissions", "best-main-levels", "funnel", "countries", "affiliations"):
        answer = sponsors.get(f"{url}dashboard/{key}.png")
        assert answer["Content-Type"] == "image/png"
        assert answer["Content-Disposition"] == f'attachment; filename="tide-table-{key}.png"'
        image = Image.open(io.BytesIO(answer.content))
        image.load()
        assert image.width == 2 * 768
        colours = {colour for _count, colour in image.getcolors(1 << 20)}
        assert {(255, 255, 255), (0x0A, 0x65, 0x70)} <= colours, key


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_report_is_one_file_that_needs_nothing_else(sponsors, url, busy, language, compiled_catalogue):
    answer = sponsors.get(f"{url}dashboard/report.pdf?language={language}")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    content = streams(answer.content)
    assert b"FontFile" in content
    assert f"/Lang ({language})".encode() in content
    assert b"/URI" not in answer.content
    template = get_template("pdf/dashboard.html").template.source
    assert not any(word in template for word in ("src=", "href=", "url(", "@import"))


def test_a_chart_that_is_not_there_is_not_found(sponsors, url, busy):
    assert sponsors.get(f"{url}dashboard/private.csv").status_code == 404
    assert sponsors.get(f"{url}dashboard/private.png").status_code == 404


def test_a_contest_that_nobody_joined_says_so(sponsors, competition, url):
    page = text_of(sponsors.get(f"{url}dashboard/"))
    assert "No submission yet." in page
    assert "The first count is published by tomorrow." in page
    assert sponsors.get(f"{url}dashboard/report.pdf").status_code == 200


def test_a_team_name_or_affiliation_is_text_in_the_chart_too(sponsors, competition, url, busy, now):
    User.objects.update(affiliation="<script>&")
    group_reports.publish(competition, now=now + timedelta(days=1))
    page = text_of(sponsors.get(f"{url}dashboard/"))
    assert "<script>&" not in page
    assert re.search("<text[^>]*>[^<]*&lt;script&gt;&amp;", page)


def test_numbers_may_be_five_minutes_old_but_not_those_of_another_contest(competition, busy):
    other = makers.make_competition("other")
    assert totals(competition).entrants == 8
    assert totals(other).entrants == 0
    TeamMember.objects.all().delete()
    assert totals(competition).entrants == 8


# -- downloads --------------------------------------------------------------------------------------------------------


def test_the_first_download_of_a_release_is_remembered_once(competition, contestant, contestants, url):
    release = makers.make_data_release(competition)
    contestants.head(f"{url}data/1/files/train.csv")
    assert not FirstDownload.objects.exists()
    for address in ("data/1/files/train.csv", "data/1/files/train.csv", "data/1/all.zip"):
        contestants.get(url + address)
    assert FirstDownload.objects.get().user == contestant
    assert FirstDownload.objects.get().release == release


def test_a_download_that_was_refused_is_none(competition, visitors, url):
    makers.make_data_release(competition)
    assert visitors.get(f"{url}data/1/files/train.csv").status_code == 403
    assert not FirstDownload.objects.exists()

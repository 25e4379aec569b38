"""The results page: for nobody but organisers before the release, for everybody afterwards."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from competitions.models import Board, Competition, FinalChoice, FinalRecord, Standing, Submission, Team
from competitions.queries.versions import public_truth_digest
from competitions.services import (
    board_releases,
    final_choices,
)
from competitions.status import FinalCounts
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db


def end(competition: Competition) -> None:
    """The contest is over, what counts is locked, and the boards are released."""
    now = timezone.now()
    competition.phases.update(ends_at=now - timedelta(hours=1))
    final_choices.lock_due(now=now)
    board_releases.release_due(now=now)


@pytest.fixture
def shaken(competition: Competition) -> dict[str, Team]:
    """Ada leads in public and is last in the end, Ben the other way round, Cas stays."""
    teams = {name: makers.make_team(competition, name) for name in ("ada", "ben", "cas")}
    for name, public, private in (("ada", 1.0, 9.0), ("cas", 2.0, 5.0), ("ben", 3.0, 4.0)):
        makers.make_scored(teams[name], public, private)
    return teams


def who(team: Team) -> Client:
    return browser_of(team.members.get().user)


@pytest.mark.parametrize("path", ["results/", "results/?phase=main"])
def test_before_the_release_nobody_but_organisers_finds_results(shaken, nobody, organisers, url, path):
    assert nobody.get(url + path).status_code == 404
    assert who(shaken["ada"]).get(url + path).status_code == 404
    assert "Results" not in text_of(nobody.get(url))
    assert "Only organisers see this page" in text_of(organisers.get(url + path))


def test_after_it_everybody_sees_who_moved_and_by_how_much(shaken, competition, nobody, url):
    end(competition)
    text = text_of(nobody.get(f"{url}results/"))
    assert f'href="{url}results/"' in text_of(nobody.get(url))
    rows = [" ".join(row.split()) for row in text.split("<tbody>")[1].split("<tr") if "team-cell" in row]
    assert [row.split('team-cell">')[1].split(" team")[0] for row in rows] == ["ben", "cas", "ada"]
    assert "▲</span> 2<" in rows[0]
    assert 'visually-hidden"> up' in rows[0]
    assert "same place" in rows[1]
    assert "▼</span> 2<" in rows[2]
    assert 'visually-hidden"> down' in rows[2]
    assert "bump-up" in text
    assert "bump-down" in text


def test_a_contestant_reads_which_submission_counted_and_how_the_others_had_done(competition, nobody, url):
    team, rival = makers.make_team(competition, "ada"), makers.make_team(competition, "ben")
    lucky = makers.make_scored(team, 3.0, 1.0, content=b"id,y\na,7\n")
    counted = makers.make_scored(team, 2.0, 6.0, content=b"id,y\na,8\n")
    makers.make_scored(rival, 2.5, 4.0)
    end(competition)
    text = " ".join(text_of(who(team).get(f"{url}results/")).split())
    assert "best public score counted, as the rules of the contest say" in text
    own = text.split('id="own-title"')[1].split("</table>")[0].split("<tr>")
    assert f"#{counted.pk}" in own[2]
    assert "counted" in own[2]
    assert "6.000" in own[2]
    assert ">2</td>" in own[2]
    assert f"#{lucky.pk}" in own[3]
    assert "counted" not in own[3]
    assert "1.000" in own[3]
    assert ">1</td>" in own[3]
    assert 'id="own-title"' not in text_of(nobody.get(f"{url}results/"))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (1, "You had chosen it before the deadline."),
        (2, "You had chosen 2 submissions; the better one counted."),
        (0, "by default: you had chosen none."),
    ],
)
def test_it_says_whether_the_team_or_the_default_had_chosen(competition, url, now, chosen, said):
    Competition.objects.update(final_select=2)
    team = makers.make_team(competition, "ada")
    for number in range(3):
        one = makers.make_scored(team, 3.0 - number, 1.0 + number, content=b"id,y\na,%d\n" % number)
        if number < chosen:
            FinalChoice.objects.create(submission=one, user=one.user, chosen_at=now)
    end(competition)
    assert FinalRecord.objects.get().is_default is (chosen == 0)
    text = text_of(who(team).get(f"{url}results/"))
    assert said in text
    assert text.count('badge-good">counted') == 1
    assert text.count('badge-soft">chosen') == max(0, chosen - 1)


def test_where_the_mean_counts_all_that_were_chosen_counted(competition, url, now):
    Competition.objects.update(final_select=2, final_counts=FinalCounts.MEAN)
    team = makers.make_team(competition, "ada")
    for number in range(3):
        one = makers.make_scored(team, 3.0 - number, 1.0 + number, content=b"id,y\na,%d\n" % number)
        if number < 2:
            FinalChoice.objects.create(submission=one, user=one.user, chosen_at=now)
    end(competition)
    text = text_of(who(team).get(f"{url}results/"))
    assert text.count('badge-good">counted') == 2
    assert 'badge-soft">chosen' not in text


def test_teams_that_noise_cannot_separate_are_in_one_group(shaken, competition, nobody, url):
    end(competition)
    final = Board.objects.get(kind="final")
    groups = [[shaken["ben"].pk, shaken["cas"].pk], [shaken["ada"].pk]]
    Board.objects.filter(pk=final.pk).update(tied={"of": [], "teams": groups[0], "groups": groups})
    text = " ".join(text_of(nobody.get(f"{url}results/")).split())
    assert text.count("tied group 1") == 2
    assert "differ from the first of their group by no more than noise" in text


def test_the_page_names_versions_and_digests(shaken, competition, nobody, url):
    makers.make_data_release(competition, "2026-11")
    end(competition)
    text = text_of(nobody.get(f"{url}results/"))
    version = competition.tasks.get().current_version
    assert public_truth_digest(version) in text
    assert version.truth_digest not in text
    assert "2026-11" in text
    assert "SHA-256" in text


def test_in_japanese_it_speaks_japanese(shaken, competition, url):
    end(competition)
    text = text_of(who(shaken["ada"]).get(f"{url}results/", headers={"accept-language": "ja"}))
    assert "最終結果" in text
    assert "順位の変動" in text


def test_ten_thousand_teams_are_no_problem(competition, nobody, url, django_assert_max_num_queries):
    now, phase = timezone.now(), competition.phases.get()
    user, blob = makers.make_user("bulk"), makers.make_blob()
    teams = Team.objects.bulk_create(
        [Team(competition=competition, name=f"t{number}", created_at=now) for number in range(10_000)], batch_size=900
    )
    task = phase.tasks.get()
    common = {"user": user, "phase": phase, "task": task, "blob": blob, "file_name": "a.csv", "submitted_at": now}
    submissions = Submission.objects.bulk_create([Submission(team=team, **common) for team in teams], batch_size=900)
    for kind, factor in (("public", 7919), ("private", 1)):
        board = Board.objects.get(kind=kind)
        rows = [(number * factor) % 10_007 for number in range(10_000)]
        Standing.objects.bulk_create(
            [
                Standing(board=board, team=team, submission=one, value=key, sort_key=key, submitted_at=now)
                for team, one, key in zip(teams, submissions, rows, strict=True)
            ],
            batch_size=900,
        )
    end(competition)
    nobody.get(f"{url}results/")
    began = time.process_time()
    with django_assert_max_num_queries(40):
        text = text_of(nobody.get(f"{url}results/"))
    seconds = time.process_time() - began
    assert text.count("team-cell") == 50
    assert seconds < 2, f"{seconds:.2f} s of processor time"

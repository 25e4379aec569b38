"""Handing in to a juried division: what is taken, what is refused and why, versions, quota, deadline, merging."""

from datetime import timedelta

import pytest

from competitions.judging import DocumentKind, Video
from competitions.models import AuditEvent, Entry, EntryVersion, Team
from competitions.queries.jury import counted_version, receipt
from competitions.services import jury_assignments, jury_entries, team_members, team_merges
from competitions.services.jury_entries import EntryRefused, IncomingFile, Words
from competitions.services.team_refusals import TeamRefused
from tests import makers
from tests.competitions import jury
from tests.competitions.jury import HTML, PDF, PNG

pytestmark = pytest.mark.django_db


@pytest.fixture
def division(competition, now):
    return jury.make_division(competition, now=now)


def refusal(act, *args, **fields) -> EntryRefused:
    with pytest.raises(EntryRefused) as refused:
        act(*args, **fields)
    return refused.value


def test_the_last_version_counts_and_every_one_is_kept(team, division, now):
    first = jury.hand_in(team, division, now=now, title="A first idea")
    second = jury.hand_in(team, division, HTML, now=now + timedelta(minutes=1), title="A better idea")
    entry = Entry.objects.get()
    assert [one.number for one in entry.versions.all()] == [1, 2]
    assert counted_version(entry) == second
    assert [one.kind for one in second.documents.all()] == [DocumentKind.HTML]
    assert first.sha256 != second.sha256


def test_a_receipt_tells_number_time_and_digest(team, division, now):
    version = jury.hand_in(team, division, now=now)
    found = receipt(version)
    assert (found["number"], found["submitted_at"]) == (version.pk, now.isoformat())
    assert found["sha256"] == version.sha256
    assert found["documents"][0]["sha256"] == version.documents.get().blob.sha256
    assert found["signature"]
    assert AuditEvent.objects.get(verb="entry handed in").detail["sha256"] == version.sha256


def test_a_form_that_is_sent_again_makes_no_second_version(team, division, now):
    versions = [jury.hand_in(team, division, now=now, key="k") for _ in range(2)]
    assert versions[0] == versions[1]
    assert EntryVersion.objects.count() == 1


def test_a_document_of_the_last_version_can_stay(team, division, now):
    files = [IncomingFile("a.pdf", [PDF]), IncomingFile("b.png", [PNG])]
    jury.hand_in(team, division, now=now, files=files)
    second = jury.hand_in(team, division, HTML, now=now + timedelta(minutes=1), keep=[2])
    assert [one.kind for one in second.documents.all()] == [DocumentKind.PNG, DocumentKind.HTML]
    assert refusal(jury.hand_in, team, division, now=now, keep=[9]).code == "no_such_document"


def test_the_content_decides_what_a_file_is(competition, team, now):
    division = jury.make_division(competition, now=now, kinds=(DocumentKind.PDF,))
    refused = refusal(jury.hand_in, team, division, b"MZ a program", now=now)
    assert refused.code == "wrong_kind"
    assert str(refused) == "“our-names.pdf” is, by its content, none of these: PDF."
    refused = refusal(jury.hand_in, team, division, HTML, now=now)
    assert "a file of the kind “HTML page”; taken are: PDF." in str(refused)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], "too_few_files"),
        ([IncomingFile("a.pdf", [PDF])] * 4, "too_many_files"),
        ([IncomingFile("a.pdf", [PDF, b"x" * 1024 * 1024])], "file_too_large"),
        ([IncomingFile("a.pdf", [])], "wrong_kind"),
    ],
)
def test_limits_of_files_are_kept(team, division, now, files, code):
    assert refusal(jury.hand_in, team, division, files=files, now=now).code == code


@pytest.mark.parametrize(
    "url",
    [
        "http://video.example.org/1",
        "javascript:alert(1)",
        "https://user:word@video.example.org/1",
        "https://",
        "https://video.example.org/" + "x" * 500,
        "https://[broken",
        "ftp://video.example.org/1",
    ],
)
def test_a_video_is_a_link_that_begins_with_https(team, division, now, url):
    assert refusal(jury.hand_in, team, division, words={"video_url": url}, now=now).code == "invalid_video"


def test_a_good_link_is_kept(team, division, now):
    url = "https://video.example.org/watch?v=1"
    assert jury.hand_in(team, division, words={"video_url": url}, now=now).video_url == url


@pytest.mark.parametrize(
    ("rules", "words", "code"),
    [
        ({"video": Video.REQUIRED}, {}, "video_missing"),
        ({"video": Video.NONE}, {"video_url": "https://video.example.org/"}, "video_not_wanted"),
        ({"abstract_characters": 5}, {"abstract": "123456"}, "abstract_too_long"),
        ({}, {"title": " \n"}, "invalid_title"),
        ({}, {"title": "x" * 201}, "invalid_title"),
    ],
)
def test_words_are_checked(competition, team, now, rules, words, code):
    division = jury.make_division(competition, now=now, **rules)
    others = {name: text for name, text in words.items() if name != "title"}
    title = words.get("title", "An idea")
    assert refusal(jury.hand_in, team, division, title=title, words=others, now=now).code == code


def test_the_deadline_of_the_division_is_its_own_and_has_the_usual_grace(team, division, now):
    due_at, user = division.rules.due_at, team.members.get().user
    given = {"user": user, "division": division, "words": Words("Late"), "files": [IncomingFile("a.pdf", [PDF])]}
    assert refusal(jury_entries.hand_in, **given, now=due_at + timedelta(seconds=1)).code == "closed"
    slow = refusal(jury_entries.hand_in, **given, now=due_at, clock=lambda: due_at + timedelta(minutes=10, seconds=1))
    assert slow.code == "closed"
    assert jury_entries.hand_in(**given, now=due_at, clock=lambda: due_at + timedelta(minutes=10))


def test_before_it_opens_nothing_is_taken(competition, team, now):
    division = jury.make_division(competition, now=now, opens_at=now + timedelta(hours=1))
    assert refusal(jury.hand_in, team, division, now=now).code == "not_open"


def test_versions_a_day_are_limited_in_the_contests_zone(competition, team, now):
    division = jury.make_division(competition, now=now, versions_per_day=2, due_at=now + timedelta(days=9))
    for minutes in range(2):
        jury.hand_in(team, division, now=now, key=f"k{minutes}")
    assert refusal(jury.hand_in, team, division, now=now).code == "quota"
    assert jury.hand_in(team, division, now=now + timedelta(days=1))


def test_who_does_not_take_part_hands_nothing_in(division, visitor, now):
    given = {"user": visitor, "division": division, "words": Words("x"), "files": []}
    assert refusal(jury_entries.hand_in, **given, now=now).code == "not_taking_part"


def test_numbers_are_drawn_at_random_and_never_twice_in_a_contest(competition, now):
    divisions = [jury.make_division(competition, key, now=now) for key in ("ideas", "posters")]
    teams = [makers.make_team(competition, f"team-{number}") for number in range(8)]
    for division in divisions:
        for one in teams:
            jury.hand_in(one, division, now=now)
    numbers = list(Entry.objects.order_by("pk").values_list("number", flat=True))
    assert len(set(numbers)) == 16
    assert numbers != sorted(numbers)
    assert set(numbers) <= set(range(1, 100))


# -- teams ------------------------------------------------------------------------------------------------------------


def merged(competition, team: Team, other: Team, now) -> Team:
    competition.team_max_size = 5
    competition.save()
    merge = team_merges.propose(team, other=other, user=team.members.get().user, now=now)
    return team_merges.accept(merge, user=other.members.get().user, now=now)


def test_merging_keeps_the_entry_of_the_team_that_vanishes(competition, team, rival, division, now):
    other = rival.team_memberships.get().team
    version = jury.hand_in(other, division, now=now)
    merged(competition, team, other, now)
    assert Entry.objects.get().team == team
    assert counted_version(Entry.objects.get()) == version


def test_where_both_have_an_entry_the_later_version_counts(competition, team, rival, division, now):
    other = rival.team_memberships.get().team
    later = jury.hand_in(other, division, now=now + timedelta(minutes=5), key="same")
    earlier = jury.hand_in(team, division, now=now, key="same")
    merged(competition, team, other, now)
    entry = Entry.objects.get()
    assert set(entry.versions.all()) == {later, earlier}
    assert counted_version(entry) == later


def test_teams_stay_as_they_are_once_the_jury_has_begun(competition, team, rival, division, now):
    other = rival.team_memberships.get().team
    jury.hand_in(team, division, now=now)
    jury.close(division, now=now)
    (juror,) = jury.make_jurors(competition, 1)
    jury_assignments.declare(division, juror=juror, conflicts={}, now=now)
    with pytest.raises(TeamRefused) as refused:
        merged(competition, team, other, now)
    assert refused.value.code == "judged"


def test_the_last_member_cannot_leave_an_entry_behind(competition, team, contestant, division, now):
    jury.hand_in(team, division, now=now)
    with pytest.raises(TeamRefused) as refused:
        team_members.leave(user=contestant, competition=competition, now=now)
    assert refused.value.code == "last_member"

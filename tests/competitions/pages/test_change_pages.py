"""The pages of changes: what everybody reads, what reviewers and organisers see, and the steps they take."""

from datetime import datetime

import pytest
from django.test import Client

from competitions.change_rules import ChangeStatus
from competitions.models import ChangeRequest, Competition, FirstDownload, ScoringVersion, Team, User
from competitions.services import fingerprints
from competitions.status import Role
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

PHASE, TASK = {"en": "Main phase", "ja": "本番"}, {"en": "Levels", "ja": "潮位"}
EFFECT = {
    "submissions": 412,
    "seconds": 1200.0,
    "boards": [
        {"phase": PHASE, "task": TASK, "kind": kind, "ranked": 60, "changed": changed, "first_changes": False}
        for kind, changed in (("public", 37), ("private", 12))
    ],
}


@pytest.fixture
def change(competition: Competition, now: datetime) -> ChangeRequest:
    return ChangeRequest.objects.create(
        competition=competition,
        status=ChangeStatus.PROPOSED,
        kinds=["truth"],
        digest="0" * 64,
        base=fingerprints.fingerprint(competition),
        reason={"en": "A sensor was read wrongly.", "ja": "観測値に誤りがありました。"},
        differences=[{"noun": "task", "key": "levels", "field": "version", "old": None, "new": None, "name": TASK}],
        effect=EFFECT,
        effect_at=now,
        proposed_by=makers.make_member(competition, "proposer", Role.OWNER),
        created_at=now,
    )


@pytest.fixture
def reviewers(competition: Competition) -> Client:
    return browser_of(makers.make_member(competition, "reviewer", Role.REVIEWER))


def apply(change: ChangeRequest, by: User, now: datetime) -> None:
    fields = {"status": ChangeStatus.APPLIED, "decided_by": by, "applied_at": now}
    ChangeRequest.objects.filter(pk=change.pk).update(**fields)


def test_the_effect_stands_on_the_page_before_anybody_decides(
    change: ChangeRequest, organisers: Client, url: str
) -> None:
    text = text_of(organisers.get(f"{url}organiser/changes/{change.pk}/"))
    assert "Re-score 412 submissions." in text
    assert "37 ranks change on the public board of 60; first place stays." in text
    assert "12 ranks change on the private board of 60; first place stays." in text
    assert "about 20 minutes" in text


def test_a_reviewer_decides_and_sees_nothing_of_the_private_board(
    change: ChangeRequest, reviewers: Client, url: str
) -> None:
    text = text_of(reviewers.get(f"{url}organiser/changes/{change.pk}/"))
    assert "37 ranks change" in text
    assert "private board" not in text
    assert 'value="approve"' in text
    assert reviewers.get(f"{url}organiser/changes/scores/").status_code == 404


def test_whoever_proposed_it_is_offered_no_approval(change: ChangeRequest, url: str) -> None:
    own = browser_of(change.proposed_by)
    assert 'value="approve"' not in text_of(own.get(f"{url}organiser/changes/{change.pk}/"))
    own.post(f"{url}organiser/changes/{change.pk}/act/", {"step": "approve"})
    change.refresh_from_db()
    assert change.status == ChangeStatus.PROPOSED


def test_a_refusal_says_why(change: ChangeRequest, reviewers: Client, url: str) -> None:
    act = f"{url}organiser/changes/{change.pk}/act/"
    assert "Say why it is refused." in text_of(reviewers.post(act, {"step": "refuse"}, follow=True))
    assert "The sensor was right." in text_of(
        reviewers.post(act, {"step": "refuse", "why": "The sensor was right."}, follow=True)
    )
    change.refresh_from_db()
    assert change.status == ChangeStatus.REFUSED


def test_everybody_reads_what_changed_and_why_and_nobody_the_private_effect(
    change: ChangeRequest, organiser: User, nobody: Client, organisers: Client, url: str, now: datetime
) -> None:
    assert "A sensor" not in text_of(nobody.get(f"{url}changes/"))
    assert "changes/" not in text_of(nobody.get(url))
    apply(change, organiser, now)
    for client in (nobody, organisers):
        text = text_of(client.get(f"{url}changes/"))
        assert "A sensor was read wrongly." in text
        assert "37 ranks change on the public board" in text
        assert "private" not in text.partition("<h1>")[2].partition("</main>")[0]
    assert f"{url}changes/" in text_of(nobody.get(url))
    answer = nobody.get(f"/api/v1{url}changes/", headers={"accept-language": "ja"})
    (entry,) = answer.json()
    assert "37 チーム" in " ".join(entry["effect"])
    assert "非公開" not in str(entry)


def test_a_contestant_reads_from_what_to_what_a_score_went(
    competition: Competition, contestant: User, contestants: Client, url: str, now: datetime
) -> None:
    team = Team.objects.get(members__user=contestant)
    submission = makers.make_scored(team, public=1.5)
    task = submission.task
    task.current_version = ScoringVersion.objects.create(
        task=task, number=2, contract=task.submission, metrics=task.metrics, truth_digest="1" * 64, published_at=now
    )
    task.save()
    makers.evaluations.queue(submission, now=now)
    makers.evaluations.record(makers.claim_of(submission), makers.make_result(2.25, 3.0), now=now)

    text = text_of(contestants.get(f"{url}submissions/{submission.pk}/"))

    assert "public score 1.500 → 2.250" in text


def test_a_team_has_its_scores_under_every_version(
    compiled_catalogue: None, competition: Competition, contestant: User, organisers: Client, url: str
) -> None:
    makers.make_scored(Team.objects.get(members__user=contestant), public=1.5, private=2.5)
    text = text_of(organisers.get(f"{url}organiser/changes/scores/"))
    assert "1.500000" in text
    assert "2.500000" in text
    japanese = organisers.get(f"{url}organiser/changes/scores/", headers={"accept-language": "ja"})
    assert ">採点完了</td>" in text_of(japanese)


def test_a_download_is_remembered_once(competition: Competition, contestant: User, contestants: Client, url: str):
    makers.make_data_release(competition)
    for _ in range(2):
        b"".join(contestants.get(f"{url}data/1/files/train.csv").streaming_content)
    assert FirstDownload.objects.get().user == contestant

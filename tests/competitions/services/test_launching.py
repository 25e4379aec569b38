"""A launch needs a dry run of the contest as it is, nothing red, and a reason for what is yellow."""

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from competitions.models import (
    AuditEvent,
    Competition,
    DataRelease,
    DryRun,
    Probe,
    ScoringVersion,
    User,
)
from competitions.queries.checklist_items import rank_correlation
from competitions.queries.checklists import checklist
from competitions.services import launching
from competitions.services.launching import AlreadyLaunched, NotReady
from competitions.status import CheckState, CompetitionStatus, ProbeOutcome
from tests import makers
from tests.competitions import jury
from tests.competitions.api.conftest import client_of
from tests.competitions.pages.conftest import browser_of
from tests.trying import REASONS, make_draft, make_passed_dry_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db: None) -> Competition:
    return make_draft()


@pytest.fixture
def owner(draft: Competition) -> User:
    return draft.memberships.get().user


@pytest.fixture
def passed(draft: Competition) -> DryRun:
    return make_passed_dry_run(draft)


def states(competition: Competition, now: datetime) -> dict[str, str]:
    return {item.key: item.state.value for item in checklist(competition, now=now).items}


def item(competition: Competition, key: str, now: datetime):
    return next(one for one in checklist(competition, now=now).items if one.key == key)


# -- launching --------------------------------------------------------------------------------------------------------


def test_a_contest_that_was_tried_is_launched_and_the_log_says_on_what_ground(draft, owner, passed, now):
    launching.launch(draft, actor=owner, now=now, reasons=REASONS)

    assert Competition.objects.get().status == CompetitionStatus.PUBLISHED
    event = AuditEvent.objects.get(verb="competition.launched")
    assert (event.actor, event.detail["dry_run"], event.detail["digest"]) == (owner, passed.pk, passed.digest)
    assert event.detail["accepted"]["worker"]["reason"] == REASONS["worker"]


def test_a_contest_that_nobody_tried_is_not_launched(draft, owner, now):
    with pytest.raises(NotReady) as caught:
        launching.launch(draft, actor=owner, now=now, reasons=REASONS)
    assert [one.key for one in caught.value.items if one.is_red] == ["dry_run"]
    assert Competition.objects.get().status == CompetitionStatus.DRAFT


def test_what_is_yellow_needs_a_reason_and_blanks_are_none(draft, owner, passed, now):
    for reasons in ({}, {**REASONS, "worker": "  "}):
        with pytest.raises(NotReady) as caught:
            launching.launch(draft, actor=owner, now=now, reasons=reasons)
        assert "worker" in [one.key for one in caught.value.items]


def test_a_reason_makes_nothing_red_yellow(draft, owner, now):
    with pytest.raises(NotReady):
        launching.launch(draft, actor=owner, now=now, reasons={**REASONS, "dry_run": "I am sure"})


def test_a_launched_contest_is_not_launched_again(draft, owner, passed, now):
    launching.launch(draft, actor=owner, now=now, reasons=REASONS)
    with pytest.raises(AlreadyLaunched):
        launching.launch(draft, actor=owner, now=now, reasons=REASONS)
    assert AuditEvent.objects.filter(verb="competition.launched").count() == 1


@pytest.mark.parametrize("field", ["truth_digest", "metrics", "contract"])
def test_a_dry_run_says_nothing_of_a_truth_metric_or_contract_that_was_changed_since(draft, passed, now, field):
    changes = {
        "truth_digest": "9" * 64,
        "metrics": makers.METRICS[:1],
        "contract": {**makers.TABLE_CONTRACT, "rows": 5},
    }
    assert item(draft, "dry_run", now).state == CheckState.GREEN
    ScoringVersion.objects.update(**{field: changes[field]})
    assert item(draft, "dry_run", now).state == CheckState.RED
    assert "direction:levels" not in states(draft, now)


def test_new_data_make_a_dry_run_out_of_date(draft, passed, now):
    makers.make_data_release(draft, "2", b"more")
    assert item(draft, "dry_run", now).state == CheckState.RED


def test_a_second_launch_by_page_api_and_command_is_refused_while_red(draft, owner, now):
    page = browser_of(owner).post(reverse("pages:launch", args=[draft.slug]), {"confirm": draft.slug})
    assert (page.status_code, Competition.objects.get().status) == (409, "draft")
    answer = client_of(owner).post(f"/api/v1/competitions/{draft.slug}/launch/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_ready")
    assert "dry_run" in [one["key"] for one in answer.json()["error"]["details"]["items"]]
    assert Competition.objects.get().status == CompetitionStatus.DRAFT


def test_by_page_and_by_api_it_is_launched_with_reasons(draft, owner, passed, now):
    browser = browser_of(owner)
    form = {"confirm": draft.slug, **{f"reason-{key}": text for key, text in REASONS.items()}}
    assert browser.post(reverse("pages:launch", args=[draft.slug]), {**form, "confirm": "no"}).status_code == 302
    assert Competition.objects.get().status == CompetitionStatus.DRAFT
    browser.post(reverse("pages:launch", args=[draft.slug]), form)
    assert Competition.objects.get().status == CompetitionStatus.PUBLISHED
    Competition.objects.update(status=CompetitionStatus.DRAFT)
    body = {"reasons": REASONS}
    answer = client_of(owner).post(f"/api/v1/competitions/{draft.slug}/launch/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (200, "published")


def test_nobody_but_organisers_starts_reads_or_launches(draft, passed):
    for role in ("juror", "sponsor"):
        user = makers.make_member(draft, role, role)
        for method, name in (("get", "dry_run"), ("post", "dry_run_start"), ("post", "launch")):
            assert getattr(browser_of(user), method)(reverse(f"pages:{name}", args=[draft.slug])).status_code == 404
    assert Client().get(reverse("pages:dry_run", args=[draft.slug])).status_code == 302


def test_the_page_shows_probes_checklist_and_launch_in_both_languages(draft, owner, passed, compiled_catalogue):
    browser = browser_of(owner)
    english = browser.get(reverse("pages:dry_run", args=[draft.slug])).content.decode()
    assert "the truth, shuffled" in english
    assert "Launch the contest" in english
    assert 'name="reason-worker"' in english
    owner.language = "ja"
    owner.save()
    japanese = browser_of(owner).get(reverse("pages:dry_run", args=[draft.slug]), headers={"accept-language": "ja"})
    assert "試行採点" in japanese.content.decode()


def test_the_command_ends_with_one_while_something_is_red(draft, monkeypatch):
    monkeypatch.setattr("competitions.management.trying.try_here", lambda competition, *, actor: None)
    with pytest.raises(CommandError) as caught:
        call_command("dry_run", draft.slug)
    assert caught.value.returncode == 1
    make_passed_dry_run(draft)
    call_command("dry_run", draft.slug)


# -- the list: what a dry run found -----------------------------------------------------------------------------------


def change(run: DryRun, key: str, **fields) -> None:
    assert Probe.objects.filter(dry_run=run, key=key).update(**fields) == 1


def test_a_metric_that_points_the_wrong_way_is_red(draft, passed, now):
    draft.phases.get().boards.update(higher_is_better=True)
    found = item(draft, "direction:levels", now)
    assert (found.state, "rmse" in found.sentence) == (CheckState.RED, True)


def test_a_truth_that_its_own_contract_refuses_is_red(draft, passed, now):
    change(passed, "perfect", outcome=ProbeOutcome.REFUSED, public={}, private={})
    assert item(draft, "direction:levels", now).state == CheckState.RED


def test_a_sample_that_is_refused_is_red_and_one_that_was_not_run_is_yellow(draft, passed, now):
    change(passed, "sample", outcome=ProbeOutcome.REFUSED)
    assert item(draft, "sample:levels", now).state == CheckState.RED
    change(passed, "sample", outcome=ProbeOutcome.NOT_MADE, reason="no runtime")
    assert item(draft, "sample:levels", now).state == CheckState.YELLOW


@pytest.mark.parametrize("outcome", [ProbeOutcome.ACCEPTED, ProbeOutcome.FAULT])
def test_a_broken_file_that_is_scored_or_called_our_fault_is_red(draft, passed, now, outcome):
    change(passed, "torn", outcome=outcome)
    found = item(draft, "refusals:levels", now)
    assert (found.state, "torn" in found.sentence) == (CheckState.RED, True)


def test_the_truth_among_the_downloads_is_red_and_what_was_not_looked_into_is_told(draft, passed, now):
    facts = {"splits": {"public": 50, "private": 50}, "notes": [], "unchecked": []}
    leak = {"kind": "truth", "file": "1/all.zip", "member": "solution.csv"}
    DryRun.objects.update(facts={"levels": {**facts, "leaks": [leak]}})
    found = item(draft, "leaks:levels", now)
    assert (found.state, "1/all.zip › solution.csv" in found.sentence) == (CheckState.RED, True)
    DryRun.objects.update(
        facts={"levels": {**facts, "leaks": [], "unchecked": [{"file": "1/a.7z", "reason": "closed"}]}}
    )
    found = item(draft, "leaks:levels", now)
    assert (found.state, "1/a.7z" in found.sentence) == (CheckState.YELLOW, True)


@pytest.mark.parametrize(
    ("public", "private", "state"), [(0, 9, "red"), (50, 0, "yellow"), (50, 4, "yellow"), (50, 50, "green")]
)
def test_an_empty_or_tiny_split_is_told(draft, passed, now, public, private, state):
    facts = {"splits": {"public": public, "private": private}, "leaks": [], "unchecked": [], "notes": []}
    DryRun.objects.update(facts={"levels": facts})
    assert item(draft, "splits:levels", now).state == state


def test_splits_that_rank_differently_are_told(draft, passed, now):
    for number, key in enumerate(("perfect", "sample", "noise_1", "noise_2", "noise_3", "constant", "random")):
        Probe.objects.filter(key=key).update(private={"rmse": 9.0 - number})
    assert item(draft, "agreement:levels", now).state == CheckState.YELLOW


def test_a_limit_that_no_complete_submission_keeps_is_red(draft, passed, now):
    draft.phases.update(max_file_bytes=10)
    assert item(draft, "size:levels", now).state == CheckState.RED


def test_a_slow_scoring_with_a_high_quota_is_told(draft, passed, now):
    change(passed, "random", wall_seconds=600.0)
    draft.phases.update(max_submissions_per_day=100)
    assert item(draft, "time:levels", now).state == CheckState.YELLOW


# -- the list: what the records say -----------------------------------------------------------------------------------


def test_a_deadline_in_the_past_is_red(draft, passed, now):
    assert item(draft, "deadlines", now + timedelta(days=31)).state == CheckState.RED


def test_a_juried_division_that_takes_no_entries_any_more_is_red(draft, passed, now):
    division = jury.make_division(draft, now=now)
    assert item(draft, "deadlines", now).state == CheckState.GREEN
    jury.close(division, now=now)
    found = item(draft, "deadlines", now)
    assert (found.state, found.sentence) == (CheckState.RED, "Over already: ideas.")


def test_a_missing_translation_is_told_with_its_field(draft, now):
    assert item(draft, "translations", now).state == CheckState.GREEN
    task = draft.tasks.get()
    task.name = {"en": "Levels"}
    task.save()
    found = item(draft, "translations", now)
    assert (found.state, "tasks.levels (ja)" in found.sentence) == (CheckState.YELLOW, True)


def test_rules_licence_contact_tasks_and_quota_are_asked_for(draft, now):
    DataRelease.objects.update(licence="")
    draft.terms.all().delete()
    draft.contact_email = ""
    draft.save()
    phase = draft.phases.get()
    phase.tasks.clear()
    draft.phases.update(max_submissions_per_day=0)
    found = states(draft, now)
    assert {key: found[key] for key in ("rules", "licence", "contact", "phases", "quota")} == {
        "rules": "red",
        "licence": "red",
        "contact": "red",
        "phases": "red",
        "quota": "yellow",
    }


def test_rank_correlation_is_spearmans():
    assert rank_correlation([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)
    assert rank_correlation([1, 2, 2, 4], [10, 20, 20, 40]) == pytest.approx(1.0)
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None

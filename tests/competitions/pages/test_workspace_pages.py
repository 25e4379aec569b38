"""Organisers write a contest in the browser: step by step, as YAML, together, and nothing is overwritten or lost."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from competitions.bundles.applying import Examiners, apply_waiting
from competitions.bundles.revisions import values_of
from competitions.models import AuditEvent, ChangeRequest, Competition, Phase, RevisionApply, User, Workspace
from competitions.queries.workspaces import live_revision
from competitions.services import hosts, revision_applies, workspaces
from competitions.services.workspaces import NeedsChangeControl, Overtaken
from competitions.status import ApplyStatus, CompetitionStatus, RevisionKind
from competitions.store import Store
from tests.competitions.bundles.contests import FILES, TABLE_YAML, changed, normalise_table
from tests.competitions.pages.conftest import NEW, text_of
from tests.launching import publish_untried

pytestmark = pytest.mark.django_db
DESK = "/competitions/tide-levels/organiser/workspace/"
FAIR = Examiners(normalise_table, None)


def desk() -> Workspace:
    return Workspace.objects.get(competition__slug="tide-levels")


def saved() -> dict[str, Any]:
    return values_of(desk().revisions.first().text)


def save_step(browser: Client, step: str, **fields: Any):
    data = {"base": str(desk().head), **{key.replace("__", "."): value for key, value in fields.items()}}
    return browser.post(f"{DESK}steps/{step}/", data)


def import_bundle(browser: Client, text: str = TABLE_YAML, **more: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("competition.yaml", text)
        for name, content in {**FILES, **more}.items():
            archive.writestr(name, content)
    file = SimpleUploadedFile("contest.zip", stream.getvalue())
    answer = browser.post(f"{DESK}import/", {"base": str(desk().head), "sure": "tide-levels", "file": file})
    assert answer.status_code == 302, text_of(answer)


# -- opening a contest ------------------------------------------------------------------------------------------------


def test_who_was_not_allowed_to_finds_no_page_for_new_contests(visitors: Client) -> None:
    assert visitors.get("/new-contest/").status_code == 404
    assert visitors.post("/new-contest/", NEW).status_code == 404


def test_a_new_contest_is_an_empty_draft_of_its_owner(browser: Client, host: User) -> None:
    competition = Competition.objects.get(slug="tide-levels")
    assert competition.status == CompetitionStatus.DRAFT
    assert competition.memberships.get().user == host
    assert saved()["title"] == {"en": "Tide levels", "ja": "潮位"}
    assert AuditEvent.objects.filter(competition=competition).first().verb == "competition.opened"


def test_an_address_that_is_taken_is_refused_and_nothing_is_made(browser: Client) -> None:
    answer = browser.post("/new-contest/", NEW)
    assert answer.status_code == 400
    assert "already" in text_of(answer)
    assert Competition.objects.count() == 1


@pytest.mark.parametrize("path", ["", "rules/", "data/", "submit/", "leaderboard/", "organiser/", "discussion/"])
def test_an_empty_draft_breaks_no_page(browser: Client, path: str) -> None:
    assert browser.get(f"/competitions/tide-levels/{path}").status_code == 200


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "path",
    [
        "", "yaml/", "diff/", "files/",
        *(f"steps/{key}/" for key in ("basics", "pages", "data", "truth", "metric", "rules", "schedule", "people")),
        "steps/review/",
    ],
)  # fmt: skip
def test_every_page_of_an_empty_and_of_a_full_workspace_is_there(browser: Client, path: str, language: str) -> None:
    assert browser.get(f"{DESK}{path}", headers={"accept-language": language}).status_code == 200
    import_bundle(browser)
    assert browser.get(f"{DESK}{path}", headers={"accept-language": language}).status_code == 200


def test_a_host_who_is_one_no_more_keeps_what_is_theirs_and_opens_nothing_new(
    browser: Client, host: User, now: datetime
) -> None:
    hosts.forbid(host, actor=User.objects.get(username="operator"), now=now)
    assert browser.get("/new-contest/").status_code == 404
    assert browser.get(DESK).status_code == 200


# -- steps ------------------------------------------------------------------------------------------------------------


def test_a_step_can_be_saved_while_everything_else_is_missing(browser: Client) -> None:
    assert (
        save_step(
            browser, "basics", f__organiser__en="Harbour", f__organiser__ja="港", f__tags="sea\ntides"
        ).status_code
        == 302
    )
    assert saved()["organiser"] == {"en": "Harbour", "ja": "港"}
    assert saved()["tags"] == ["sea", "tides"]
    assert "phases&#x27; is missing" in text_of(browser.get(f"{DESK}steps/review/"))


def test_a_form_keeps_what_it_does_not_know(browser: Client) -> None:
    text = TABLE_YAML.replace("terms:\n", "# by hand\nmystery: {a: [1, yes]}\nterms:\n  extra: kept\n")
    import_bundle(browser, text)
    save_step(browser, "rules", f__terms__version="2")
    assert saved()["terms"] == {"extra": "kept", "version": "2", "file": "rules.md"}
    assert saved()["mystery"] == {"a": [1, "yes"]}
    assert "# by hand" in desk().revisions.first().text


@pytest.mark.parametrize("step", ["basics", "pages", "data", "truth", "metric", "rules", "schedule", "people"])
def test_a_step_that_is_saved_as_it_is_shown_changes_nothing(browser: Client, step: str) -> None:
    import_bundle(browser)
    head = desk().head
    page = browser.get(f"{DESK}steps/{step}/")
    answer = browser.post(f"{DESK}steps/{step}/", shown_fields(text_of(page)))
    assert (answer.status_code, desk().head) == (302, head)


def shown_fields(page: str) -> dict[str, Any]:
    """What a browser sends of the page's last form for a step."""
    import re
    from html import unescape

    form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if "form-wide" in one)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ("checkbox" not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "on")
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = unescape(inner)
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def test_times_are_the_contests_own(browser: Client) -> None:
    save_step(browser, "schedule", f__phases__new__key="main", f__phases__new__start="2027-01-31T20:00")
    assert saved()["phases"] == [{"key": "main", "start": "2027-01-31T20:00:00+09:00"}]
    assert 'value="2027-01-31T20:00"' in text_of(browser.get(f"{DESK}steps/schedule/"))


def test_items_are_added_moved_and_removed(browser: Client) -> None:
    for key in ("a", "b", "c"):
        save_step(browser, "people", f__divisions__new__key=key)
    save_step(browser, "people", f__divisions__0__place="5", f__divisions__1__remove="on")
    assert [one["key"] for one in saved()["divisions"]] == ["c", "a"]


def test_full_width_digits_are_numbers_and_words_are_told_at_their_line(browser: Client) -> None:
    import_bundle(browser)
    save_step(browser, "schedule", f__phases__0__max_submissions_per_day="１２")
    assert saved()["phases"][0]["max_submissions_per_day"] == 12
    save_step(browser, "schedule", f__phases__0__max_submissions_per_day="many")
    page = text_of(browser.get(f"{DESK}steps/schedule/"))
    assert "is a text, but should be a whole number" in page
    assert (
        f"#line-{desk().revisions.first().text[: desk().revisions.first().text.index('many')].count(chr(10)) + 1}"
        in page
    )


def test_a_metric_brings_its_own_parameters(browser: Client) -> None:
    import_bundle(browser)
    page = text_of(browser.get(f"{DESK}steps/metric/"))
    assert 'name="f.tasks.0.metrics.0.params.column"' in page
    assert "lower is better" in page
    save_step(browser, "metric", f__tasks__0__metrics__1__metric="r2", f__tasks__0__metrics__1__params__column="y")
    assert saved()["tasks"][0]["metrics"][1]["metric"] == "r2"


def test_another_kind_of_split_drops_what_only_the_old_one_had(browser: Client) -> None:
    import_bundle(browser)
    save_step(browser, "truth", f__tasks__0__truth__split__by="hash", f__tasks__0__truth__path="truth/solution.csv")
    assert saved()["tasks"][0]["truth"]["split"] == {"by": "hash"}


def test_pages_are_written_in_both_languages_and_become_files(browser: Client) -> None:
    save_step(browser, "pages", f__pages__new__key="overview", f__pages__new__title__en="Overview")
    save_step(browser, "pages", t__pages__0__en="# Tides", t__pages__0__ja="# 潮")
    assert saved()["pages"][0]["file"] == {"en": "pages/overview.en.md", "ja": "pages/overview.ja.md"}
    assert "<h2>潮</h2>" in text_of(browser.get(f"{DESK}steps/pages/"))


# -- two at once, and back --------------------------------------------------------------------------------------------


def test_of_two_who_save_at_once_the_second_is_shown_both(browser: Client) -> None:
    base = desk().head
    first = browser.post(f"{DESK}yaml/", {"base": base, "text": "slug: tide-levels\ntitle: First\n"})
    second = browser.post(f"{DESK}yaml/", {"base": base, "text": "slug: tide-levels\ntitle: Second\n"})
    assert (first.status_code, second.status_code) == (302, 409)
    page = text_of(second)
    assert "title: First" in page
    assert "title: Second" in page
    assert "nothing was overwritten" in page
    assert (desk().head, saved()["title"]) == (base + 1, "First")


def test_a_form_from_an_older_revision_overwrites_nothing_either(browser: Client) -> None:
    import_bundle(browser)
    old = desk().head
    save_step(browser, "basics", f__title__en="First")
    answer = browser.post(f"{DESK}steps/basics/", {"base": old, "f.reward.en": "Fame", "f.reward.ja": "名声"})
    assert answer.status_code == 409
    assert saved()["title"]["en"] == "First"
    assert "reward" not in saved()


def test_the_same_save_twice_is_one_revision(browser: Client, host: User, now: datetime) -> None:
    fields = {"text": "slug: x\n", "files": {}, "kind": RevisionKind.YAML, "author": host, "now": now}
    made = [workspaces.save_revision(desk(), base=1, **fields) for _ in range(2)]
    assert made[0] == made[1]
    with pytest.raises(Overtaken):
        workspaces.save_revision(desk(), base=1, **{**fields, "text": "slug: y\n"})


def test_going_back_is_a_revision_that_needs_the_contests_name(browser: Client) -> None:
    import_bundle(browser)
    browser.post(f"{DESK}revisions/1/restore/", {"base": "2", "sure": "no"})
    assert desk().head == 2
    browser.post(f"{DESK}revisions/1/restore/", {"base": "2", "sure": "tide-levels"})
    assert desk().head == 3
    assert "pages" not in saved()
    assert AuditEvent.objects.filter(verb="workspace.restored").count() == 1


def test_the_difference_is_told_in_words(browser: Client) -> None:
    import_bundle(browser)
    page = text_of(browser.get(f"{DESK}diff/?old=1&new=2"))
    assert "+ added" in page
    assert "added: <code>truth/solution.csv</code>" in page


# -- files ------------------------------------------------------------------------------------------------------------


def upload(browser: Client, name: str, folder: str, content: bytes = b"id,y\n", **more: Any):
    data = {"base": desk().head, "folder": folder, "file": SimpleUploadedFile(name, content), **more}
    return browser.post(f"{DESK}files/", data)


def test_hidden_files_are_no_blobs_and_reading_one_is_in_the_log(browser: Client) -> None:
    import_bundle(browser)
    sha256 = desk().revisions.first().tree.files["truth/solution.csv"][0]
    store = Store(settings.FILES_DIR)
    assert store.original_path(sha256).exists()
    assert not store.blob_path(sha256).exists()
    answer = browser.get(f"{DESK}files/of/truth/solution.csv")
    assert b"".join(answer.streaming_content).startswith(b"id,y,Usage")
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.get(verb="workspace.hidden_file_read").detail["file"] == "truth/solution.csv"


@pytest.mark.parametrize("folder", ["..", "a/../b", "a//b", "c:"])
def test_a_file_lies_in_the_contests_folder_only(browser: Client, folder: str) -> None:
    assert upload(browser, "x.csv", folder).status_code == 400
    assert desk().head == 1


def test_files_are_removed_by_name_and_come_back_with_an_older_revision(browser: Client) -> None:
    upload(browser, "x.csv", "data")
    assert "data/x.csv" in desk().revisions.first().tree.files
    browser.post(f"{DESK}files/remove/", {"base": desk().head, "name": "data/x.csv", "sure": "wrong"})
    assert desk().head == 2
    browser.post(f"{DESK}files/remove/", {"base": desk().head, "name": "data/x.csv", "sure": "tide-levels"})
    assert desk().revisions.first().tree.files == {}
    browser.post(f"{DESK}revisions/2/restore/", {"base": "3", "sure": "tide-levels"})
    assert "data/x.csv" in desk().revisions.first().tree.files


def test_the_truth_goes_out_only_when_it_is_asked_for(browser: Client) -> None:
    import_bundle(browser)
    without = b"".join(browser.get(f"{DESK}contest.zip").streaming_content)
    assert "truth/solution.csv" not in zipfile.ZipFile(io.BytesIO(without)).namelist()
    assert not AuditEvent.objects.filter(verb="workspace.exported_with_truth").exists()
    with_it = b"".join(browser.post(f"{DESK}contest.zip", {"with_hidden": "on"}).streaming_content)
    assert "truth/solution.csv" in zipfile.ZipFile(io.BytesIO(with_it)).namelist()
    assert AuditEvent.objects.filter(verb="workspace.exported_with_truth").count() == 1


# -- becoming the contest ---------------------------------------------------------------------------------------------


def apply(store: Store | None = None, examiners: Examiners = FAIR) -> RevisionApply:
    apply_waiting(examiners=examiners, store=store or Store(settings.FILES_DIR))
    return RevisionApply.objects.first()


def test_a_complete_revision_becomes_the_draft(browser: Client) -> None:
    import_bundle(browser)
    assert "No problem was found" in text_of(browser.get(f"{DESK}steps/review/"))
    browser.post(f"{DESK}apply/")
    assert apply().status == ApplyStatus.DONE
    phase = Phase.objects.get(competition__slug="tide-levels")
    assert phase.max_submissions_per_day == 3
    assert phase.competition.status == CompetitionStatus.DRAFT
    assert "applied" in text_of(browser.get(f"{DESK}state/"))


def test_a_revision_with_problems_is_not_handed_over(browser: Client) -> None:
    browser.post(f"{DESK}apply/")
    assert not RevisionApply.objects.exists()


def test_what_the_box_finds_is_told_at_its_line(browser: Client) -> None:
    import_bundle(browser, changed(TABLE_YAML, "column: Usage", "column: Use"))
    browser.post(f"{DESK}apply/")

    def refuse(spec: Any, raw: Path, output: Path) -> None:
        from competitions.services.boxes import InvalidTruth

        raise InvalidTruth([{"where": "split", "message": "there is no column 'Use'"}])

    asked = apply(examiners=Examiners(refuse, None))
    assert asked.status == ApplyStatus.REFUSED
    assert "no column" in json.dumps(asked.problems)
    assert "no column" in text_of(browser.get(f"{DESK}steps/review/"))


def test_a_contest_keeps_its_name(browser: Client) -> None:
    import_bundle(browser, changed(TABLE_YAML, "slug: tide-levels", "slug: other-levels"))
    browser.post(f"{DESK}apply/")
    assert apply().status == ApplyStatus.REFUSED
    assert not Competition.objects.filter(slug="other-levels").exists()


def test_what_was_published_changes_through_change_control(browser: Client, host: User, now: datetime) -> None:
    import_bundle(browser)
    Competition.objects.update(status=CompetitionStatus.PUBLISHED, published_at=now)
    revision = desk().revisions.first()
    with pytest.raises(NeedsChangeControl):
        workspaces.submit_revision(revision, actor=host, now=now)
    assert "second person" in text_of(browser.get(f"{DESK}steps/review/"))
    answer = browser.post(f"{DESK}apply/", {"reason_en": " "}, follow=True)
    assert "Say why" in text_of(answer)
    assert not RevisionApply.objects.exists()


def test_a_revision_of_a_launched_contest_becomes_a_proposal(browser: Client, now: datetime) -> None:
    import_bundle(browser)
    browser.post(f"{DESK}apply/")
    assert apply().status == ApplyStatus.DONE
    publish_untried("tide-levels")
    live = live_revision(Competition.objects.get())
    more = changed(TABLE_YAML, "max_submissions_per_day: 3", "max_submissions_per_day: 4")
    import_bundle(browser, more)
    browser.post(f"{DESK}apply/", {"reason_en": "The lake is small.", "reason_ja": ""})
    asked = apply()
    assert (asked.status, asked.problems) == (ApplyStatus.DONE, [])
    assert Phase.objects.get().max_submissions_per_day == 3
    change = ChangeRequest.objects.get()
    assert (change.status, change.kinds, change.reason["ja"]) == ("draft", ["quota"], "The lake is small.")
    assert f"/changes/{change.pk}/" in text_of(browser.get(f"{DESK}steps/review/"))
    assert live_revision(Competition.objects.get()) == live  # nothing is in force yet


def test_a_revision_that_changes_nothing_is_no_proposal(browser: Client) -> None:
    import_bundle(browser)
    browser.post(f"{DESK}apply/")
    assert apply().status == ApplyStatus.DONE
    publish_untried("tide-levels")
    browser.post(f"{DESK}apply/", {"reason_en": "Why not?"})
    assert apply().status == ApplyStatus.REFUSED
    assert not ChangeRequest.objects.exists()


def test_a_worker_that_died_is_replaced_and_given_up_in_the_end(browser: Client, now: datetime) -> None:
    import_bundle(browser)
    browser.post(f"{DESK}apply/")
    for attempt in (1, 2, 3):
        claim = revision_applies.claim_next(now=now)
        assert claim.attempt == attempt
        assert revision_applies.claim_next(now=now) is None
        RevisionApply.objects.update(lease_expires_at=now.replace(year=2000))
    assert revision_applies.claim_next(now=now) is None
    assert not revision_applies.finish(claim, ApplyStatus.DONE, now=now)
    assert RevisionApply.objects.get().status == ApplyStatus.FAILED


# -- from nothing to a contest ----------------------------------------------------------------------------------------

WRITTEN: list[tuple[str, dict[str, str]]] = [
    ("basics", {"description.en": "Tides", "description.ja": "潮位", "organiser.en": "Harbour office"}),
    ("pages", {"pages.new.key": "overview", "pages.new.title.en": "Overview", "pages.new.title.ja": "概要"}),
    ("data", {"data.new.version": "1", "data.new.licence": "CC0-1.0", "data.new.files.new.path": "data/train.csv"}),
    ("truth", {"tasks.new.key": "levels", "tasks.new.name.en": "Levels", "tasks.new.truth.path": "truth/solution.csv"}),
    ("truth", {"tasks.0.truth.split.by": "column", "tasks.0.sample_submission": "data/sample.csv"}),
    ("truth", {"tasks.0.truth.split.column": "Usage"}),
    ("metric", {"tasks.0.submission.kind": "table"}),
    ("metric", {"tasks.0.submission.schema.primaryKey": "id", "tasks.0.submission.schema.fields.new.name": "id",
                "tasks.0.submission.schema.fields.new.type": "string"}),
    ("metric", {"tasks.0.submission.schema.fields.new.name": "y", "tasks.0.submission.schema.fields.new.type": "number",
                "tasks.0.metrics.new.key": "rmse", "tasks.0.metrics.new.metric": "rmse"}),
    ("metric", {"tasks.0.metrics.0.params.column": "y"}),
    ("rules", {"terms.version": "1"}),
    ("schedule", {"phases.new.key": "main", "phases.new.name.en": "Main", "phases.new.name.ja": "本番",
                  "phases.new.start": "2026-01-01T00:00", "phases.new.end": "2035-12-31T23:59",
                  "phases.new.tasks": "levels"}),
]  # fmt: skip
TEXTS = {"pages": {"t.pages.0.en": "# Tides", "t.pages.0.ja": "# 潮位"}, "rules": {"t.terms.en": "Be fair."}}


def fill_in(browser: Client, step: str, fields: dict[str, str]) -> None:
    """As a browser does: everything that the form shows goes along."""
    address = f"{DESK}steps/{step}/"
    shown = shown_fields(text_of(browser.get(address)))
    assert set(fields) <= set(shown), set(fields) - set(shown)
    answer = browser.post(address, {**shown, **fields})
    assert answer.status_code == 302, text_of(answer)


def test_a_contest_is_written_from_nothing_step_by_step_and_becomes_the_draft(browser: Client) -> None:
    for name in ("data/train.csv", "data/sample.csv", "truth/solution.csv"):
        folder, _, file = name.partition("/")
        upload(browser, file, folder, FILES[name].encode())
    for step, fields in WRITTEN:
        fill_in(browser, step, {f"f.{key}": value for key, value in fields.items()})
        if step in TEXTS:
            fill_in(browser, step, TEXTS[step])
    assert "No problem was found" in text_of(browser.get(f"{DESK}steps/review/"))
    browser.post(f"{DESK}apply/")
    assert apply().status == ApplyStatus.DONE
    competition = Competition.objects.get(slug="tide-levels")
    assert competition.pages.get().text == {"en": "# Tides\n", "ja": "# 潮位\n"}
    assert competition.tasks.get().current_version.metrics[0]["metric"] == "rmse"
    assert competition.phases.get().starts_at.isoformat() == "2025-12-31T15:00:00+00:00"
    assert competition.status == CompetitionStatus.DRAFT

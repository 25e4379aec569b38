"""Uploading, watching, cancelling, and what every refusal says."""

import hashlib
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from competitions.api import shapes
from competitions.models import Submission
from competitions.services import evaluations
from competitions.services.moves import LostClaim
from tests import makers
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db
CONTENT = b"id,y\na,1.5\n"


@pytest.fixture
def address(contest_url):
    return f"{contest_url}submissions/"


@pytest.fixture
def phase(competition):
    return competition.phases.get()


def form(content=CONTENT, name="prediction.csv", **fields):
    return {"file": SimpleUploadedFile(name, content), **fields}


def raw(client, address, content=CONTENT, *, method="post", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    send = getattr(client, method)
    return send(f"{address}?name=prediction.csv", content, content_type="application/octet-stream", headers=headers)


def incoming():
    return [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir() if path.is_file()]


@pytest.mark.parametrize("way", ["form", "post", "put"])
def test_a_prediction_is_taken_in_with_number_time_size_and_hash(api, address, way):
    answer = api.post(address, form(note="first")) if way == "form" else raw(api, address, method=way)
    assert answer.status_code == 201
    content = answer.json()
    assert content["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert (content["size_bytes"], content["file_name"]) == (len(CONTENT), "prediction.csv")
    assert (content["status"], content["queue_position"]) == ("queued", 1)
    assert (content["competition"], content["phase"], content["task"]) == ("tide-table", "main", "levels")
    assert api.get(content["file_url"]).getvalue() == CONTENT
    receipt = api.get(content["receipt_url"]).json()
    assert (receipt["number"], receipt["sha256"]) == (content["number"], content["sha256"])
    assert incoming() == []


def test_curl_puts_the_file_name_into_the_address_and_sends_no_type(api, address):
    answer = api.generic("PUT", f"{address}my%20mask.tif?note=x", CONTENT, content_type="")
    assert (answer.status_code, answer.json()["file_name"], answer.json()["note"]) == (201, "my mask.tif", "x")


def test_a_file_name_in_a_header_may_be_japanese(api, address):
    headers = {"x-file-name": "%E6%B5%B7%E6%B0%B7.csv"}
    answer = api.put(address, CONTENT, content_type="text/csv", headers=headers)
    assert answer.json()["file_name"] == "海氷.csv"


def test_a_team_lists_its_own_submissions_the_newest_first(api, address, team, rival):
    first = makers.make_scored(team, 1.23456)
    second = makers.make_rejected(team)
    makers.make_scored(rival.team_memberships.get().team, 9.0)
    listed = api.get(address).json()
    assert [row["number"] for row in listed["results"]] == [second.pk, first.pk]
    refused, scored = listed["results"]
    assert scored["scores"] == {"rmse": 1.235, "mae": 0.617}
    assert (refused["status"], refused["failure_kind"], refused["scores"]) == ("failed", "invalid", None)
    assert refused["problems"] == [{"code": "empty_file", "where": "prediction.csv", "message": "The file is empty."}]
    assert refused["same_file_as"] == first.pk


def test_a_long_list_costs_no_query_per_row(api, address, team, django_assert_max_num_queries):
    for _ in range(12):
        makers.make_scored(team)
    with django_assert_max_num_queries(16):
        assert len(api.get(address).json()["results"]) == 12


def test_the_same_file_again_is_taken_and_told(api, address):
    first = api.post(address, form()).json()
    assert api.post(address, form()).json()["same_file_as"] == first["number"]


def test_an_upload_repeated_with_its_key_makes_no_second(api, address):
    first = raw(api, address, idempotency_key="k1")
    second = raw(api, address, idempotency_key="k1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["number"] == second.json()["number"]
    assert Submission.objects.count() == 1


# -- refusals ------------------------------------------------------------------------------------------------------


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_every_refusal_says_which_step_is_missing(
    competition, address, anonymous, visitors_api, api, organisers_api, now
):
    assert refusal(anonymous.post(address, form())) == (401, "not_logged_in")
    assert refusal(visitors_api.post(address, form())) == (403, "not_joined")
    assert refusal(organisers_api.post(address, form())) == (403, "not_joined")
    makers.make_terms(competition, "2", created_at=now + timedelta(seconds=1))
    assert refusal(api.post(address, form())) == (403, "terms_not_accepted")
    assert refusal(anonymous.get(address)) == (401, "not_logged_in")
    assert refusal(visitors_api.get(address)) == (403, "not_joined")


def test_a_closed_phase_and_one_not_open_yet_are_told_apart(api, address, phase, now):
    phase.starts_at, phase.ends_at = now - timedelta(days=9), now - timedelta(days=1)
    phase.save()
    assert refusal(api.post(address, form())) == (403, "closed")
    phase.starts_at, phase.ends_at = now + timedelta(days=1), now + timedelta(days=9)
    phase.save()
    assert refusal(raw(api, address)) == (403, "not_open")


def test_a_used_up_quota_says_when_the_day_starts_anew(api, address, phase, contest_url):
    phase.max_submissions_per_day = 1
    phase.save()
    assert api.get(f"{contest_url}allowance/").json()["left_today"] == 1
    api.post(address, form())
    answer = api.post(address, form())
    assert refusal(answer) == (429, "quota_day")
    details = answer.json()["error"]["details"]
    assert (details["used_today"], details["max_submissions_per_day"]) == (1, 1)
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600
    allowance = api.get(f"{contest_url}allowance/").json()
    assert (allowance["is_allowed"], allowance["refusal"], allowance["left_today"]) == (False, "day", 0)
    assert allowance["resets_at"] == details["resets_at"]


def test_a_phase_that_is_used_up_promises_nothing(api, address, phase):
    phase.max_submissions = 1
    phase.save()
    api.post(address, form())
    answer = api.post(address, form())
    assert refusal(answer) == (429, "quota_phase")
    assert "Retry-After" not in answer
    assert answer.json()["error"]["details"]["resets_at"] is None


@pytest.mark.parametrize("way", ["form", "raw"])
def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(api, address, phase, way):
    phase.max_file_bytes = 1000
    phase.save()
    small, large = b"x" * 1000, b"x" * 1001
    send = (lambda content: api.post(address, form(content))) if way == "form" else lambda c: raw(api, address, c)
    assert send(small).status_code == 201
    answer = send(large)
    assert refusal(answer) == (413, "file_too_large")
    assert answer.json()["error"]["details"] == {"max_bytes": 1000}
    assert refusal(send(b"x" * 3_000_000)) == (413, "file_too_large")
    assert (Submission.objects.count(), incoming()) == (1, [])


def test_a_form_without_a_file_and_a_body_without_a_name_are_told(api, address):
    assert refusal(api.post(address, {"note": "no file"})) == (422, "file_missing")
    answer = api.post(address, CONTENT, content_type="application/octet-stream")
    assert refusal(answer) == (422, "file_name_missing")


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_of_the_wrong_type_is_told_how_to_do_it(api, address, kind):
    answer = api.post(f"{address}?name=a.csv", b"{}", content_type=kind)
    assert refusal(answer) == (415, "unsupported_media_type")
    assert "curl -F file=@NAME" in answer.json()["error"]["message"]


def test_a_body_that_breaks_off_is_refused_and_leaves_nothing(api, address):
    """I11: fewer bytes than announced are no submission."""
    short = {"CONTENT_LENGTH": str(len(CONTENT) + 5), "wsgi.input": BytesIO(CONTENT)}
    answer = api.generic("PUT", f"{address}?name=a.csv", CONTENT, content_type="text/csv", **short)
    assert refusal(answer) == (400, "upload_broke_off")
    assert (Submission.objects.count(), incoming()) == (0, [])


def test_a_body_longer_than_announced_is_read_no_further(api, address):
    """I11: what comes beyond the announced length is not part of the file."""
    short = {"CONTENT_LENGTH": "4"}
    answer = api.generic("PUT", f"{address}?name=a.csv", CONTENT, content_type="text/csv", **short)
    assert (answer.status_code, answer.json()["size_bytes"]) == (201, 4)


@pytest.mark.parametrize("kind", ["text/csv", "multipart/form-data; boundary=B"])
def test_a_body_of_unknown_length_is_refused_because_its_half_would_look_like_the_whole(api, address, kind):
    chunked = {"CONTENT_LENGTH": "", "wsgi.input": BytesIO(CONTENT), "wsgi.input_terminated": True}
    answer = api.generic("POST", f"{address}?name=a.csv", CONTENT, content_type=kind, **chunked)
    assert refusal(answer) == (411, "length_required")


class CutOff(BytesIO):
    """A connection that is reset after its first block."""

    def read(self, *size):
        if block := super().read(*size):
            return block
        raise ConnectionResetError


def test_a_connection_that_is_reset_is_no_fault_of_ours(api, address):
    broken = {"CONTENT_LENGTH": "99", "wsgi.input": CutOff(CONTENT)}
    answer = api.generic("PUT", f"{address}?name=a.csv", b"", content_type="text/csv", **broken)
    assert refusal(answer) == (400, "upload_broke_off")
    assert (Submission.objects.count(), incoming()) == (0, [])


def test_a_form_that_breaks_off_is_not_taken_for_a_file(api, address):
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid,y\na,1'
    answer = api.generic("POST", address, body, content_type="multipart/form-data; boundary=B")
    assert refusal(answer) == (422, "file_missing")
    assert incoming() == []


def test_a_phase_or_task_that_must_be_named_is_asked_for(api, address, competition, phase):
    winds = makers.make_task(competition, "winds")
    phase.tasks.add(winds)
    answer = api.post(address, form())
    assert refusal(answer) == (422, "task_missing")
    assert answer.json()["error"]["details"]["choices"] == ["levels", "winds"]
    assert refusal(api.post(address, form(task="tides"))) == (422, "unknown_task")
    assert refusal(api.post(address, form(task="winds", phase="last"))) == (422, "unknown_phase")
    assert api.post(address, form(task="winds", phase="main")).json()["task"] == "winds"


def test_a_note_or_key_that_is_too_long_is_refused(api, address):
    assert refusal(api.post(address, form(note="x" * 201))) == (422, "note_too_long")
    assert refusal(raw(api, address, idempotency_key="k" * 101)) == (422, "invalid_key")


def test_a_browser_session_may_upload_with_its_csrf_token(contestant, address, client):
    client.force_login(contestant)
    assert client.post(address, form()).status_code == 201


# -- afterwards ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["", "file/", "receipt/"])
def test_a_rivals_submission_does_not_exist(team, rivals_api, visitors_api, anonymous, organisers_api, part):
    address = f"/api/v1/submissions/{makers.make_scored(team).pk}/{part}"
    assert refusal(rivals_api.get(address)) == (404, "not_found")
    assert refusal(visitors_api.get(address)) == (404, "not_found")
    assert refusal(anonymous.get(address)) == (401, "not_logged_in")
    assert organisers_api.get(address).status_code == 200
    assert refusal(rivals_api.get("/api/v1/submissions/999999/")) == (404, "not_found")


def test_only_the_team_cancels_and_only_what_waits(team, api, rivals_api, organisers_api):
    waiting, running = makers.make_submission(team), makers.make_submission(team)
    makers.claim_of(running)
    address = f"/api/v1/submissions/{waiting.pk}/cancel/"
    assert refusal(rivals_api.post(address)) == (404, "not_found")
    assert refusal(organisers_api.post(address)) == (403, "not_joined")
    assert api.post(address).json()["status"] == "cancelled"
    assert api.post(address).json()["status"] == "cancelled"
    assert refusal(api.post(f"/api/v1/submissions/{running.pk}/cancel/")) == (409, "too_late_to_cancel")


def test_scores_by_scene_are_shown_for_the_public_scenes_only(team, api):
    submission = makers.make_submission(team)
    result = makers.make_result(
        public_scenes=[{"name": "north", "cells": 4321, "metrics": {"rmse": 0.123456, "mae": None}}],
        private_scenes=[{"name": "south", "cells": 8765, "metrics": {"rmse": 0.654321}}],
    )
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    content = api.get(f"/api/v1/submissions/{submission.pk}/").json()
    assert content["scenes"] == [{"name": "north", "metrics": {"rmse": 0.123, "mae": None}}]
    assert "4321" not in str(content)


def test_a_team_mate_sees_the_teams_submissions(team, competition):
    mate = makers.make_user("mate")
    team.members.create(competition=competition, user=mate, joined_at=timezone.now())
    number = makers.make_scored(team).pk
    assert client_of(mate).get(f"/api/v1/submissions/{number}/").status_code == 200


def test_an_answer_is_of_one_moment_though_a_worker_writes_meanwhile(team, api, monkeypatch):
    """Else a file could be "failed" without a problem, or "scored" without a score, for whoever polls."""
    submission = makers.make_submission(team)
    claim = makers.claim_of(submission)
    problem = {"code": "empty_file", "where": "", "params": {}, "message": "The file is empty."}
    facts = shapes._facts

    def facts_while_a_worker_rejects(asked: Submission) -> dict[str, object]:
        with suppress(LostClaim):
            evaluations.reject(claim, [problem], total=1, now=timezone.now())
        return facts(asked)

    monkeypatch.setattr(shapes, "_facts", facts_while_a_worker_rejects)
    address = f"/api/v1/submissions/{submission.pk}/"
    during, afterwards = api.get(address).json(), api.get(address).json()
    assert (during["status"], during["problems"], during["problem_count"]) == ("running", [], 0)
    assert (afterwards["status"], afterwards["problem_count"], len(afterwards["problems"])) == ("failed", 1, 1)

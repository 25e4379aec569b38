"""Webhooks: signed by the Standard Webhooks specification, sent to the public internet only, retried, and discreet."""

import base64
import hashlib
import hmac
import ipaddress
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from competitions import outgoing
from competitions.models import AuditEvent, OutboxItem, WebhookEndpoint
from competitions.services import (
    board_releases,
    outbox,
    teams,
    webhooks,
)
from competitions.services.webhooks import InvalidEndpoint
from competitions.status import Channel, OutboxStatus, WebhookEvent
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
EVENTS = [event.value for event in WebhookEvent if event != WebhookEvent.TEST]


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_args):
        """Quiet."""


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def endpoint(receiver, competition, organiser, now):
    url = f"http://127.0.0.1:{receiver.server_port}/hook?key=1"
    return webhooks.add(competition=competition, actor=organiser, url=url, events=EVENTS, now=now)


def work(at):
    return outbox.work_off({Channel.WEBHOOK: webhooks.prepare_webhook}, seconds=30, clock=lambda: at)


# -- signatures -------------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_specifications_example():
    """Source: the reference libraries of Standard Webhooks; their tests use this secret, id, time and body."""
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    found = webhooks.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_what_it_gets(endpoint, receiver, visitor, competition, now):
    teams.join(user=visitor, competition=competition, team_name="Ice", terms=competition.terms.last(), now=now)
    assert work(now) == 1
    ((headers, body),) = receiver.received
    key = base64.b64decode(webhooks.secret_of(endpoint.nonce).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = json.loads(body)
    assert (said["type"], said["data"]) == ("team.joined", {"competition": competition.slug, "team": "Ice"})
    item = OutboxItem.objects.get()
    assert (item.status, item.answer_status, headers["webhook-id"]) == (OutboxStatus.SENT, 200, f"msg_{item.pk}")


def test_after_a_rotation_the_former_secret_signs_along_for_a_day(endpoint, organiser, now):
    former = endpoint.nonce
    rotated = webhooks.rotate(endpoint, actor=organiser, now=now)
    both = webhooks.signed_headers(rotated, "msg_1", now, b"{}")["webhook-signature"].split(" ")
    assert [webhooks.sign(webhooks.secret_of(one), "msg_1", now, b"{}") for one in (rotated.nonce, former)] == both
    alone = webhooks.signed_headers(rotated, "msg_1", now + timedelta(hours=25), b"{}")["webhook-signature"]
    assert len(alone.split(" ")) == 1
    assert "secret" not in str(vars(rotated)).lower()


# -- what is told -----------------------------------------------------------------------------------------------------


def test_no_event_tells_a_score_or_a_person(endpoint, receiver, team, contestant, competition, now, later):
    makers.make_scored(team, 0.111222, 0.333444)
    makers.make_rejected(team, content=b"id,y\nb,1\n")
    board_releases.release_due(now=later)
    work(later)
    said = b"".join(body for _headers, body in receiver.received).decode()
    assert sorted(json.loads(body)["type"] for _headers, body in receiver.received) == [
        "results.released", "submission.failed", "submission.scored",
    ]  # fmt: skip
    for secret in ("0.111", "0.333", contestant.email, '"contestant"', "prediction.csv"):
        assert secret not in said
    assert team.name in said


def test_an_endpoint_gets_what_it_chose_while_it_is_enabled(endpoint, competition, organiser, team, now):
    endpoint.events = ["team.joined"]
    endpoint.save()
    makers.make_scored(team)
    assert not OutboxItem.objects.exists()
    webhooks.set_enabled(endpoint, is_enabled=False, actor=organiser, now=now)
    webhooks.emit(competition, WebhookEvent.TEAM_JOINED, {}, key="x", now=now)
    assert not OutboxItem.objects.exists()


# -- retries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"), [(500, "waiting"), (302, "waiting"), (404, "waiting"), (410, "failed")]
)
def test_a_refusal_is_tried_again_and_a_redirect_is_not_followed(endpoint, receiver, now, status, expected):
    receiver.status = status
    webhooks.test(endpoint, now=now)
    work(now)
    item = OutboxItem.objects.get()
    assert (item.status, item.answer_status, len(receiver.received)) == (expected, status, 1)
    endpoint.refresh_from_db()
    assert endpoint.is_enabled == (status != 410)
    receiver.status = 200
    assert work(now + outbox.WAITS[0]) == (expected == "waiting")
    if expected == "waiting":
        assert receiver.received[0][0]["webhook-id"] == receiver.received[1][0]["webhook-id"]


def test_a_receiver_that_drips_is_cut_off():
    with Dripping() as port, pytest.raises(outgoing.NoAnswer):
        outgoing.post(f"http://127.0.0.1:{port}/", b"{}", {}, allow_loopback=True, total_seconds=1)


class Dripping:
    """A server that sends a header's letters one by one, for ever."""

    def __enter__(self):
        import socket
        import time

        self.listener, self.over = socket.create_server(("127.0.0.1", 0)), threading.Event()

        def drip():
            connection, _ = self.listener.accept()
            with connection:
                connection.recv(1000)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                    while not self.over.is_set():
                        connection.sendall(b"a")
                        time.sleep(0.05)
                except OSError:
                    return

        self.thread = threading.Thread(target=drip, daemon=True)
        self.thread.start()
        return self.listener.getsockname()[1]

    def __exit__(self, *_error):
        self.over.set()
        self.listener.close()
        self.thread.join(timeout=10)


# -- not into our own network -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:word@example.org/",
        "https://example.org:22/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: 1",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::a00:1]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://100.64.0.1/",
        "https://192.0.2.1/",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(competition, organiser, now, url):
    with pytest.raises(InvalidEndpoint):
        webhooks.add(competition=competition, actor=organiser, url=url, events=EVENTS, now=now)


def names(*addresses):
    return lambda host, port, **_: [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_a_name_that_stands_for_an_address_of_ours_is_not_asked(address):
    for found in ([address], ["8.8.8.8", address]):
        with pytest.raises(outgoing.Forbidden):
            outgoing.post("https://hook.example.org/", b"{}", {}, resolve=names(*found))


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """However the name resolves a moment later: it is looked up once."""
    asked, looked_up = [], []

    def connect(address, _timeout):
        asked.append(address)
        raise ConnectionRefusedError

    def resolve(host, port, **_):
        looked_up.append(host)
        return names("8.8.4.4")(host, port)

    monkeypatch.setattr("competitions.outgoing.socket.create_connection", connect)
    with pytest.raises(outgoing.NoAnswer):
        outgoing.post("https://hook.example.org:8443/a", b"{}", {}, resolve=resolve)
    assert (asked, looked_up) == ([("8.8.4.4", 8443)], ["hook.example.org"])


def test_loopback_is_open_to_tests_only(receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/"
    with pytest.raises(outgoing.Forbidden):
        outgoing.post(url, b"{}", {})
    assert outgoing.post(url, b"{}", {}, allow_loopback=True) == 200
    with pytest.raises(outgoing.Forbidden):
        outgoing.require_public(ipaddress.ip_address("10.0.0.1"), allow_loopback=True)


# -- the organiser's page ---------------------------------------------------------------------------------------------


def test_an_organiser_adds_tests_rotates_and_removes_an_endpoint(organisers, receiver, competition, url):
    page = f"{url}organiser/webhooks/"
    hook = f"http://127.0.0.1:{receiver.server_port}/"
    added = organisers.post(page, {"url": hook, "events": ["team.joined"]})
    assert "whsec_" in text_of(added)
    assert "whsec_" not in text_of(organisers.get(page))
    one = WebhookEndpoint.objects.get()
    organisers.post(f"{page}{one.pk}/", {"act": "test"})
    work(OutboxItem.objects.get().due_at)
    assert "endpoint.test" in text_of(organisers.get(page))
    assert "whsec_" in text_of(organisers.post(f"{page}{one.pk}/", {"act": "rotate"}))
    for act, is_enabled in (("disable", False), ("enable", True)):
        organisers.post(f"{page}{one.pk}/", {"act": act})
        one.refresh_from_db()
        assert one.is_enabled == is_enabled
    organisers.post(f"{page}{one.pk}/", {"act": "remove"})
    assert not WebhookEndpoint.objects.exists()
    verbs = AuditEvent.objects.filter(competition=competition).values_list("verb", flat=True)
    assert {"webhook added", "webhook secret rotated", "webhook disabled", "webhook removed"} <= set(verbs)
    assert organisers.post(page, {"url": "https://10.0.0.1/", "events": ["team.joined"]}).status_code == 400

"""Side channels: what a run tells without being asked, and what two boxes could tell each other.

Programs of contestants are not here yet: for them, C1 and C2 are about the log and the duration of a run on hidden
inputs.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from competitions.models import Evaluation
from competitions.services import boxes, scoring_runs
from competitions.services.slots import slots
from competitions.store import Store
from sandbox import Half, Outcome, Run, RunRequest, Stage, run_joined
from sandbox.fake import FakeRunner, make_run
from tests import makers
from tests.attacks.catalogue import TESTS
from tests.competitions import stage as people
from tests.sandbox.makers import make_request

pytestmark = pytest.mark.django_db
Answer = Callable[[RunRequest, Path | None], Run]
ENDS: dict[str, dict[str, Any]] = {
    "exit status": {"outcome": Outcome.CRASHED, "exit_code": 77},
    "signal": {"outcome": Outcome.CRASHED, "signal": 11},
    "time": {"outcome": Outcome.TIME},
    "memory": {"outcome": Outcome.MEMORY},
    "violation": {"outcome": Outcome.VIOLATION},
}


@pytest.mark.parametrize("end", ENDS)
def test_nobody_reads_what_a_box_printed_or_how_it_ended(
    end: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """C1: the exit status, the output and the reason of a box never come to a contestant, whatever ended it."""
    settings.MAX_ATTEMPTS = 1
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)
    stage = people.set_up()
    told = {"stdout": b"CANARY-OUT", "stderr": b"CANARY-ERR", "reason": "CANARY-REASON", "wall_seconds": 1.2345678}

    def ends(request: RunRequest, collect_to: Path | None) -> Run:
        return make_run(**{**told, **ENDS[end]})

    claim = makers.claim_of(stage.waiting, "worker")
    scoring_runs.work(claim, runner=FakeRunner([ends, ends]), store=Store(settings.FILES_DIR))
    assert Evaluation.objects.get(pk=claim.pk).status == "failed"
    for route in ("api:submission", "pages:submission", "pages:submission_problems", "pages:submission_state"):
        arguments = [stage.waiting.pk] if route.startswith("api:") else [stage.competition.slug, stage.waiting.pk]
        answer = people.ask(stage.client("contestant", route), "GET", reverse(route, args=arguments))
        text = answer.content.decode()
        assert answer.status_code == 200
        assert not re.search(r"CANARY|1\.23456|status 77|signal 11", text), route


def test_what_predictions_can_carry_is_told_to_organisers() -> None:
    """C3: predictions of hidden inputs can carry those inputs to whoever downloads them: it is said, not prevented."""
    assert "(C3)" in (TESTS.parent / "deploy" / "RESIDUAL_RISKS.md").read_text()


SENDS = """
    import ctypes, fcntl, json, mmap, os, socket, sys, time
    libc = ctypes.CDLL(None, use_errno=True)
    done = {}
    def tried(name, act):
        try:
            done[name] = act()
        except (OSError, ValueError) as error:
            done[name] = type(error).__name__
    def call(name, *arguments):
        result = getattr(libc, name)(*arguments)
        if result == -1:
            raise OSError(ctypes.get_errno(), name)
        return "open"
    def abstract(kind):
        with socket.socket(socket.AF_UNIX, kind) as one:
            one.bind(b"\\0tidemark-channel")
        return "open"
    def lock():
        with open(os.__file__) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return "open"
    tried("lock", lock)
    tried("record lock", lambda: fcntl.lockf(open(os.__file__), fcntl.LOCK_SH | fcntl.LOCK_NB) or "open")
    tried("lease", lambda: fcntl.fcntl(open(os.__file__), 1024, fcntl.F_RDLCK) or "open")
    tried("abstract socket", lambda: abstract(socket.SOCK_STREAM))
    tried("vsock", lambda: socket.socket(40, socket.SOCK_STREAM) and "open")
    tried("inotify", lambda: call("inotify_init1", 0))
    tried("memory segment", lambda: call("shmget", 0x7ead, 4096, 0o1666))
    tried("message queue", lambda: call("msgget", 0x7ead, 0o1666))
    tried("semaphore", lambda: call("semget", 0x7ead, 1, 0o1666))
    tried("load", lambda: open("/proc/loadavg").read() and "open")
    open("/dev/shm/channel", "w").close()
    print(json.dumps(done), flush=True)
"""
LOOKS = """
    import json, os, sys
    done = json.loads(sys.stdin.readline())
    done["shared memory"] = "open" if os.path.exists("/dev/shm/channel") else "closed"
    print(json.dumps(done))
"""


@pytest.mark.sandbox
def test_two_teams_whose_boxes_run_at_once_cannot_talk() -> None:
    """C4: locks, leases, inotify, sockets, System V objects, shared memory, the machine's load."""
    with slots(2) as (first, second):
        runner = boxes.make_runner()
        halves = Half(make_request(SENDS), first), Half(make_request(LOOKS, stage=Stage.SCORE), second)
        sent, read = run_joined(runner, *halves)
    if sent.outcome == Outcome.VIOLATION:
        pytest.fail(f"the sender was ended before it had tried everything: {sent.reason}")
    done = json.loads(read.stdout)
    assert len(done) == 11
    assert {name: how for name, how in done.items() if how == "open"} == {}

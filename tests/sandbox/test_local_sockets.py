"""Boxes whose processes may talk through sockets of their own, and through nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Mount, Outcome, Run, Runner, SandboxError
from sandbox.bubblewrap import BubblewrapRunner
from tests.sandbox.makers import make_request, needs_root

pytestmark = pytest.mark.sandbox
FIRST, SECOND = 45, 46


@pytest.fixture(scope="module")
def runner() -> Iterator[BubblewrapRunner]:
    made = BubblewrapRunner()
    yield made
    made.close()


def test_processes_of_a_box_talk_through_a_socket_in_their_scratch_folder(runner: Runner) -> None:
    code = """
        import os, socket
        there = socket.socket(socket.AF_UNIX)
        there.bind("/tmp/talk"); there.listen()
        if os.fork() == 0:
            near = socket.socket(socket.AF_UNIX)
            near.connect("/tmp/talk"); near.sendall(b"hello")
            os._exit(0)
        connection, _ = there.accept()
        print(connection.recv(10).decode())
    """

    allowed = runner.run(make_request(code, local_sockets=True), slot=FIRST)
    refused = runner.run(make_request(code), slot=FIRST)

    assert (allowed.outcome, allowed.stdout) == (Outcome.OK, b"hello\n"), allowed.stderr
    assert refused.outcome is Outcome.CRASHED
    assert b"PermissionError" in refused.stderr


def test_every_other_family_of_sockets_is_refused_by_the_filter(runner: Runner) -> None:
    code = """
        import errno, socket
        for family in range(50):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
                for make in (socket.socket, socket.socketpair):
                    try:
                        make(family, kind)
                        print(family, kind, "made") if family != socket.AF_UNIX else None
                    except OSError as error:
                        if error.errno != errno.EPERM: print(family, kind, error)
        print("tried")
    """
    run = runner.run(make_request(code, local_sockets=True), slot=FIRST)

    assert (run.outcome, run.stdout) == (Outcome.OK, b"tried\n"), run.stderr


def test_names_without_a_path_are_the_box_s_own(runner: Runner) -> None:
    name = f"\0tidemark-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(name)
        ours.listen()
        run = runner.run(make_request(_connect(name), local_sockets=True), slot=FIRST)

    assert run.stdout == b"ConnectionRefusedError\n", run.stderr


def test_two_boxes_at_once_cannot_reach_each_other(runner: Runner) -> None:
    name = f"\0tidemark-{time.monotonic_ns()}"
    listening = threading.Event()
    stop = threading.Event()
    listen = f"""
        import socket, time
        s = socket.socket(socket.AF_UNIX); s.bind({name!r}); s.listen()
        t = socket.socket(socket.AF_UNIX); t.bind("/tmp/s"); t.listen()
        print("listening"); time.sleep(60)
    """
    results: list[Run] = []
    other = threading.Thread(
        target=lambda: results.append(
            runner.run(
                make_request(listen, local_sockets=True),
                slot=SECOND,
                cancel=stop,
                on_log=lambda data: listening.set() if b"listening" in data else None,
            )
        )
    )
    other.start()
    assert listening.wait(20)
    run = runner.run(make_request(_connect(name, "/tmp/s"), local_sockets=True), slot=FIRST)
    stop.set()
    other.join()

    assert run.stdout == b"ConnectionRefusedError\nFileNotFoundError\n", run.stderr
    assert results[0].stdout == b"listening\n"


def test_a_plain_user_s_box_is_not_shown_a_folder_with_a_socket(
    runner: BubblewrapRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (tmp_path / "below").mkdir()
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(str(tmp_path / "below/open"))
        mount = Mount(tmp_path, "/input", "input")
        with pytest.raises(SandboxError, match="below/open is a socket"):
            runner.run(make_request("pass", mount, local_sockets=True), slot=FIRST)


@needs_root
def test_a_socket_of_the_host_in_a_folder_shown_to_the_box_does_not_answer(runner: Runner, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(str(tmp_path / "open"))
        ours.listen()
        (tmp_path / "open").chmod(0o777)
        mount = Mount(tmp_path, "/input", "input")
        run = runner.run(make_request(_connect("/input/open"), mount, local_sockets=True), slot=FIRST)

    assert run.stdout == b"FileNotFoundError\n", run.stderr


def test_the_record_tells_a_box_with_local_sockets_from_one_without(runner: Runner) -> None:
    plain, local = (runner.run(make_request("pass", local_sockets=local), slot=FIRST) for local in (False, True))

    assert plain.profile_digest != local.profile_digest
    assert (plain.runtime_digest, local.runtime_digest) == ("", "")


def _connect(*names: str) -> str:
    return f"""
        import socket
        for name in {names!r}:
            try:
                socket.socket(socket.AF_UNIX).connect(name)
                print("connected")
            except OSError as error:
                print(type(error).__name__)
    """

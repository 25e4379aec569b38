"""PostgreSQL and Redis servers that a test starts for itself, on free ports, and stops again."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.site import free_port, wait_until


def _tool(name: str, *folders: str) -> str:
    found = shutil.which(name) or next((str(path) for folder in folders for path in Path("/").glob(folder + name)), "")
    if not found:
        pytest.skip(f"{name} is not installed; deploy/tidemark test installs it when run as root")
    return found


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root, so root hands it to the account that its package made."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


@contextmanager
def postgresql() -> Iterator[str]:
    """A fresh cluster in a temporary folder; gives its DATABASE_URL."""
    versions = "usr/lib/postgresql/*/bin/"
    initdb, server = _tool("initdb", versions), _tool("postgres", versions)
    folder, port = Path(tempfile.mkdtemp(prefix="tidemark-pg-")), free_port()
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    subprocess.run(
        [*_as_postgres(), initdb, "-D", data, "-U", "tidemark", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    options = ("-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*_as_postgres(), server, "-D", data, "-p", str(port), *options], stdout=log, stderr=log, cwd=folder
        )
    try:
        ready = [_tool("pg_isready", versions), "-h", "127.0.0.1", "-p", str(port), "-q"]
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, seconds=30, what="PostgreSQL answers")
        yield f"postgresql://tidemark@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server on a port of its own; gives its REDIS_URL."""
    port = free_port()
    command = [_tool("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ping = [_tool("redis-cli"), "-p", str(port), "ping"]
        wait_until(
            lambda: b"PONG" in subprocess.run(ping, capture_output=True, check=False).stdout,
            seconds=20,
            what="Redis answers",
        )
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=30)

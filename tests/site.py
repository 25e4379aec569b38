"""A real site for tests: real servers, on a free port, in a folder of its own, stopped at the end."""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from competitions.environment import socket_path

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], *, seconds: float, what: str, every: float = 0.1) -> Any:
    """Poll until the condition is true; say what was waited for when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what}")


def _described(pid: int) -> str:
    """A process, its state and what it waits for in the kernel."""
    folder = Path(f"/proc/{pid}")
    try:
        state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
        return f"{pid} {state} {(folder / 'wchan').read_text()} {command}"
    except OSError:
        return f"{pid} is gone"


DIAGNOSIS = """
from collections import Counter
from competitions.models import Evaluation, EvaluationEvent, WorkerReport
answer = {
    "states": Counter(Evaluation.objects.values_list("status", flat=True)),
    "unfinished": list(Evaluation.objects.exclude(status="scored").values()[:5]),
    "events": [list(row) for row in EvaluationEvent.objects.exclude(detail="").values_list("at", "new", "detail")[:20]],
    "workers": list(WorkerReport.objects.values()),
}
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer of its own: following it would make a log-in page look like what was asked for."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


DIRECT = urllib.request.build_opener(NoRedirect)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """`manage.py up` in a process of its own."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEMARK_", "DJANGO_"))}
        own = {"TIDEMARK_HOME": str(self.home), "TIDEMARK_PORT": str(self.port)}
        return {**inherited, "DJANGO_SETTINGS_MODULE": "competitions.settings", **own, **self.variables}

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run one management command to its end and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    @property
    def database(self) -> Path:
        """Of the embedded default."""
        return self.home / "tidemark.sqlite3"

    def begin_as(self, blank: "Site") -> None:
        """Its tables, as the other site's migrations left them; to make them takes seconds."""
        self.home.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(blank.database)) as source, closing(sqlite3.connect(self.database)) as target:
            source.backup(target)

    def counts(self, table: str, column: str) -> dict[str, int]:
        """How often the column has each value, read beside the site: a process to ask costs seconds of its workers."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as connection:
            return dict(connection.execute(f"SELECT {column}, COUNT(*) FROM {table} GROUP BY {column}"))

    def python(self, code: str) -> Any:
        """Run code inside the site's Django and return what it leaves in `answer`."""
        marker = secrets.token_hex(8)
        script = f"import json\n{code}\nprint('{marker}' + json.dumps(answer, default=str))"
        output = self.manage("shell", "--no-imports", "-c", script)
        return json.loads(output.split(marker)[1])

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "up.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_until(self._is_up, seconds=START_SECONDS, what=f"{self.url} answers; see {self.home / 'up.log'}")
        except AssertionError:
            self.stop()  # no fixture would
            raise

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.process.wait()
            self.process = None

    def diagnosis(self) -> str:
        """The queue, the workers, the processes and the ends of all logs."""
        try:
            facts = json.dumps(self.python(DIAGNOSIS), default=str, indent=1)
        except (AssertionError, OSError) as error:
            facts = f"the database does not answer: {error}"
        processes = [_described(pid) for pid in self.children("")]
        logs = [f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in self.home.rglob("*.log")]
        return "\n".join([facts, "--- processes", *processes, *logs])

    def _is_up(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the site ended: {(self.home / 'up.log').read_text()[-4000:]}")
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def get(self, path: str, *, token: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        return self.send("GET", path, token=token, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; an answer that says no is an answer, too."""
        credentials = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(
            self.url + path, data=body, method=method, headers={**credentials, **(headers or {})}
        )
        try:
            with DIRECT.open(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def children(self, pattern: str) -> list[int]:
        """Process ids of this site's processes whose command line holds the pattern."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            # Redis writes its title over its environment, but the title names its socket.
            belongs = f"TIDEMARK_HOME={self.home}\0".encode() in environment or str(socket_path(self.home)) in command
            if belongs and pattern in command:
                found.append(int(folder.name))
        return found

    def kill(self, pattern: str) -> int:
        """kill -9 to all of them; returns how many there were."""
        victims = self.children(pattern)
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(victims)

"""Contestants' programs in real boxes: what they see, what is kept of what they write, and how they end."""

import contextlib
import hashlib
import io
import json
import textwrap
import threading
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from competitions.models import Competition, Execution, Submission, Team
from competitions.programs import ProgramLimits
from competitions.services import boxes, executions, program_boxes, program_runs, submissions
from competitions.services.program_boxes import ProgramJob, ProgramResult, run_program
from competitions.store import Store
from sandbox import Outcome, Runner
from sandbox.runtimes import BuiltRuntime, newest
from scoring import unpacking
from tests import makers
from tests.processes import processes_with
from tests.runtimes import make_built_runtime

pytestmark = pytest.mark.sandbox
LIMITS = ProgramLimits(
    wall_seconds=30, cpu_seconds=30, memory_mib=256, tmp_mib=16, output_mib=4, log_kib=8, program_mib=4
)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    made = boxes.make_runner()
    yield made
    made.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltRuntime:
    return make_built_runtime(tmp_path_factory.mktemp("runtimes"))


@dataclass
class Machine:
    """Runs programs as a worker does, and keeps what they wrote to their logs."""

    folder: Path
    runner: Runner
    built: BuiltRuntime
    log: bytes = b""

    def run(
        self, program: str | Mapping[str, str], *, inputs: Mapping[str, str] | None = None, **job: Any
    ) -> ProgramResult:
        """A script, or a ZIP of files."""
        place = self.folder / uuid.uuid4().hex
        place.mkdir()
        content = textwrap.dedent(program).encode() if isinstance(program, str) else zip_of(program)
        (place / "upload").write_bytes(content)
        _write(place / "inputs", inputs or {"scene.txt": "ice"})
        (place / "work").mkdir()
        self.log = b""
        defaults: dict[str, Any] = {
            "upload": place / "upload",
            "upload_digest": hashlib.sha256(content).hexdigest(),
            "file_name": "main.py" if isinstance(program, str) else "program.zip",
            "accepts": ("zip", "script"),
            "inputs": place / "inputs",
            "inputs_digest": "1" * 64,
            "runtime": self.built,
            "limits": LIMITS,
            "on_log": self._take,
        }
        return run_program(ProgramJob(**{**defaults, **job}), place / "work", runner=self.runner)

    def _take(self, data: bytes) -> None:
        self.log += data


@pytest.fixture
def machine(tmp_path: Path, runner: Runner, built: BuiltRuntime) -> Machine:
    return Machine(tmp_path, runner, built)


def zip_of(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, textwrap.dedent(text))
    return buffer.getvalue()


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def content_of(result: ProgramResult) -> bytes:
    assert result.prediction is not None, result
    return result.prediction.read_bytes()


# -- what a program reads and writes ----------------------------------------------------------------------------------


def test_a_zip_reads_data_and_its_one_file_is_the_prediction(machine: Machine) -> None:
    result = machine.run(
        {
            "main.py": """
                from model.levels import _level
                words = open("data/deep/scene.txt").read()
                open("submission/levels.csv", "w").write(f"{words},{_level}\\n")
                print("done")
            """,
            "model/__init__.py": "",
            "model/levels.py": "_level = open('/code/model/_weights').read()",
            "model/_weights": "7",
        },
        inputs={"deep/scene.txt": "ice"},
    )
    assert (result.outcome, result.prediction_name) == (Outcome.OK, "levels.csv")
    assert content_of(result) == b"ice,7\n"
    assert machine.log == b"done\n"
    assert result.cpu_seconds > 0 and 0 < result.wall_seconds < 30 and result.peak_memory_mib > 1  # noqa: PT018
    assert [note.stage for note in result.runs] == ["unpack", "predict"]
    assert result.runs[1].run.runtime_digest == machine.built.digest


def test_several_files_are_one_zip_with_the_same_bytes_whenever_they_are_written(machine: Machine) -> None:
    script = """
        import os, sys
        os.mkdir("submission/b")
        for name in {names}:
            open("submission/" + name, "w").write(name * 100)
    """
    names = ["one.tif", "b/two.tif"]
    first, second = (machine.run(script.format(names=order)) for order in (names, names[::-1]))
    assert first.prediction_name == "prediction.zip"
    assert content_of(first) == content_of(second)
    with zipfile.ZipFile(io.BytesIO(content_of(first))) as archive:
        assert archive.namelist() == ["b/two.tif", "one.tif"]
        assert archive.read("one.tif") == b"one.tif" * 100
    assert first.runs[1].outputs == second.runs[1].outputs


def test_files_that_python_obeys_elsewhere_do_nothing_here(machine: Machine) -> None:
    """I8, I13: neither files that start with the interpreter nor build hooks and requirements are looked at."""
    obeyed = "open('/output/submission/obeyed', 'w')"
    names = ("sitecustomize.py", "usercustomize.py", "setup.py", "x.pth", "python311.zip")
    main = "open('submission/p.csv', 'w').write('mine')"
    result = machine.run({"main.py": main, "requirements.txt": "numpy==0", **dict.fromkeys(names, obeyed)})
    assert (result.prediction_name, content_of(result)) == ("p.csv", b"mine")


def test_a_program_sees_its_own_folder_its_inputs_and_nothing_of_ours(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    """C4: a walk over everything finds no truth, no setting and no name of ours."""
    canary = f"canary-{uuid.uuid4().hex}"
    monkeypatch.setenv("TIDEMARK_SECRET_KEY", canary)
    (machine.folder / "truth").mkdir()
    (machine.folder / "truth" / "solution.csv").write_text(canary)
    store.put_truth(machine.folder / "truth")
    result = machine.run("""
        import os
        places, texts = [], [repr(dict(os.environ))]
        for folder, names, files in os.walk("/"):
            names[:] = [name for name in names if not (folder == "/" and name in ("usr", "venv", "runtime"))]
            for name in files:
                path = os.path.join(folder, name)
                places.append(path)
                try:
                    if os.path.isfile(path) and os.path.getsize(path) < 1 << 20:
                        texts.append(open(path, errors="replace").read())
                except OSError:
                    pass
        open("submission/seen.txt", "w").write("\\n".join(places + texts))
        print(sorted(os.listdir("/")), sorted(os.environ), sorted(os.listdir("/code")))
    """)
    seen = content_of(result).decode()
    assert "/input/scene.txt" in seen
    assert canary not in seen
    assert canary.encode() not in machine.log
    told = seen + machine.log.decode()
    for word in (
        "truth",
        "tidemark.sqlite3",
        "secret",
        "settings.py",
        "manage.py",
        "DJANGO",
        "TIDEMARK",
        str(machine.folder),
    ):
        assert word not in told, word


def test_code_inputs_and_state_cannot_be_changed(machine: Machine) -> None:
    result = machine.run(
        """
        import os
        told = []
        for place in ("/code/x", "/code/main.py", "data/x", "data/scene.txt", "state/x", "/inside/start.py", "/venv/x"):
            try:
                open(place, "a").write("changed")
                told.append(place)
            except OSError:
                pass
        for change in (lambda: os.remove("data"), lambda: os.rename("/code", "/tmp/code"), lambda: os.mkdir("data/y")):
            try:
                change()
                told.append("changed")
            except OSError:
                pass
        open("submission/told.csv", "w").write(",".join(told) or "nothing")
        """,
        inputs={"1/scene.txt": "ice"},
        has_steps=True,
    )
    assert content_of(result) == b"nothing"


def test_a_notebook_runs_from_top_to_bottom_and_its_words_are_the_log(machine: Machine) -> None:
    geo = newest(settings.RUNTIMES_DIR, "python-geo")
    if geo is None:
        pytest.skip("the runtime python-geo is not built here; build it with: deploy/tidemark runtime python-geo")
    cells = ["import numpy as np", "print('mean', np.mean([1.0, 2.0]))", "open('submission/p.csv', 'w').write('id\\n')"]
    told = {"metadata": {}, "outputs": [], "execution_count": None, "cell_type": "code"}
    notebook = {"cells": [{**told, "source": one} for one in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    limits = ProgramLimits(**{**LIMITS.as_dict(), "memory_mib": 1024})  # type: ignore[arg-type]
    rules = {"runtime": geo, "limits": limits, "accepts": ("notebook",), "file_name": "work.ipynb"}
    result = machine.run(json.dumps(notebook), **rules)
    assert (result.outcome, result.prediction_name) == (Outcome.OK, "p.csv"), machine.log.decode()
    assert b"mean 1.5" in machine.log


# -- how it ends ------------------------------------------------------------------------------------------------------


def test_a_crash_is_told_with_the_program_s_own_words(machine: Machine) -> None:
    result = machine.run("print('begun', flush=True)\nraise ValueError('no ice')")
    assert (result.outcome, result.reason) == (Outcome.CRASHED, "The program ended with exit status 1.")
    assert result.prediction is None
    assert machine.log.startswith(b"begun\n")
    assert machine.log.endswith(b"ValueError: no ice\n")
    assert b"/code/main.py" in machine.log


NO_FOLDER = "import os; os.rmdir('/output/submission'); "
REFUSED = {
    "nothing": ("pass", Outcome.OUTPUT, "without writing a file to submission/"),
    "elsewhere": ("open('/output/p.csv', 'w').write('x')", Outcome.OUTPUT, "without writing a file to submission/"),
    "link": ("import os; os.symlink('/etc/passwd', 'submission/p.csv')", Outcome.VIOLATION, "is a link"),
    "folder is a link": (NO_FOLDER + "os.symlink('/code', '/output/submission')", Outcome.VIOLATION, "is a link"),
    "folder is a file": (NO_FOLDER + "open('/output/submission', 'w')", Outcome.OUTPUT, "without writing a file"),
    "hard link": (
        "import os; open('submission/a', 'w'); os.link('submission/a', 'submission/b')",
        Outcome.VIOLATION,
        "is a link",
    ),
    "pipe": ("import os; os.mkfifo('submission/p.csv')", Outcome.CRASHED, "exit status 1"),  # the box makes none
    "odd name": ("open('submission/ice map.tif', 'w')", Outcome.VIOLATION, "characters other than"),
    "full": ("open('submission/p.csv', 'wb').write(bytes(64 << 20))", Outcome.OUTPUT, "4 MiB"),
    "many files": ("for n in range(2000): open(f'submission/{n}', 'w')", Outcome.OUTPUT, "more than 1000 files"),
    "log": ("print('x' * 100_000)", Outcome.OUTPUT, "8 KiB"),
    "memory": ("x = bytearray(600 << 20)\nfor n in range(0, len(x), 4096): x[n] = 1", Outcome.MEMORY, "256 MiB"),
}


@pytest.mark.parametrize(("code", "outcome", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_prediction_is_refused_in_one_sentence(
    machine: Machine, code: str, outcome: Outcome, words: str
) -> None:
    result = machine.run(code)
    assert (result.outcome, result.prediction) == (outcome, None), result.reason
    assert words in result.reason
    assert result.has_run


def test_a_program_that_takes_too_long_is_ended(machine: Machine) -> None:
    limits = ProgramLimits(**{**LIMITS.as_dict(), "wall_seconds": 1})  # type: ignore[arg-type]
    result = machine.run("import time\ntime.sleep(60)", limits=limits)
    assert (result.outcome, result.reason) == (Outcome.TIME, "The program ran longer than 1 seconds.")


def test_an_archive_without_a_program_never_runs(machine: Machine) -> None:
    result = machine.run({"readme.txt": "x"})
    assert [problem["code"] for problem in result.problems] == ["program_no_main"]
    assert not result.has_run


def test_a_box_gives_back_whatever_may_be_unpacked() -> None:
    assert program_boxes.MAX_PROGRAM_FILES >= unpacking.MAX_FILES
    assert program_boxes.MAX_FOLDERS > unpacking.MAX_FOLDERS
    assert program_boxes.MAX_DEPTH > unpacking.MAX_DEPTH


# -- time steps -------------------------------------------------------------------------------------------------------

STEPPING = """
    import os, pathlib
    step = os.environ["TIDEMARK_STEP"]
    read = lambda folder: sorted((p.name, p.read_text()) for p in pathlib.Path(folder).rglob("*") if p.is_file())
    print(step, read("data"), read("state"), read("submission"), read("new_state"), flush=True)
    for place in ("/tmp", "/dev/shm", "/output", "submission", "state", "data", "/code"):
        if os.path.exists(place + "/trace"):
            print("found a trace in", place)
    pathlib.Path("submission/p.csv").write_text(f"id,y\\n{step},1\\n")
    before = os.path.exists("state/memory") and open("state/memory").read() or ""
    pathlib.Path("new_state/memory").write_text(before + step)
    for place in ("/tmp", "/dev/shm", "/output", "state", "data", "/code"):
        try:
            open(place + "/trace", "w").write(step)
        except OSError:
            pass
"""


def test_a_step_sees_its_own_day_and_what_the_program_handed_on(machine: Machine) -> None:
    days = {f"2026-01-0{number}/{name}": f"{name} {number}" for number in (1, 2, 3) for name in ("a.csv", "b.csv")}
    steps: list[str] = []
    result = machine.run(STEPPING, inputs=days, has_steps=True, joins_tables=True, on_step=steps.append)
    assert result.prediction_name == "prediction.csv"
    assert content_of(result).decode() == "id,y\n2026-01-01,1\n2026-01-02,1\n2026-01-03,1\n"
    state = ["", "2026-01-01", "2026-01-012026-01-02"]
    assert machine.log.decode().splitlines() == [
        f"2026-01-0{number} {[('a.csv', f'a.csv {number}'), ('b.csv', f'b.csv {number}')]} "
        f"{[('memory', state[number - 1])] if number > 1 else []} [] []"
        for number in (1, 2, 3)
    ]
    assert steps == ["1/3", "2/3", "3/3"]
    assert [note.step for note in result.runs if note.stage == "predict"] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_link_or_an_endless_state_is_not_handed_on(machine: Machine) -> None:
    days = {"1/x": "", "2/x": ""}
    link = machine.run("import os; os.symlink('/input', 'new_state/x')", inputs=days, has_steps=True)
    large = machine.run("open('new_state/x', 'wb').write(bytes(200 << 20))", inputs=days, has_steps=True)
    assert (link.outcome, link.step) == (Outcome.VIOLATION, "1")
    assert (large.outcome, large.step) == (Outcome.OUTPUT, "1")


def test_the_time_is_for_all_steps_together(machine: Machine) -> None:
    limits = ProgramLimits(**{**LIMITS.as_dict(), "wall_seconds": 2})  # type: ignore[arg-type]
    code = "import time\nopen('submission/p.csv', 'w').write('id\\n')\ntime.sleep(0.9)"
    result = machine.run(code, inputs={f"{n}/x": "" for n in range(5)}, has_steps=True, limits=limits)
    assert result.outcome is Outcome.TIME
    assert result.step in {"1", "2"}
    assert "longer than 2 seconds" in result.reason
    assert 1.9 < result.wall_seconds < 4


# -- timing -----------------------------------------------------------------------------------------------------------


def test_a_timed_program_is_run_again_and_its_first_output_counts(machine: Machine) -> None:
    code = "import os; open('submission/p.csv', 'wb').write(os.urandom(8))"
    result = machine.run(code, timing_runs=2)
    stages = [note.stage for note in result.runs]
    assert stages == ["unpack", "predict", "timing", "timing"]
    first, *timed = result.runs[1:]
    assert hashlib.sha256(content_of(result)).hexdigest() == first.outputs["submission/p.csv"]
    assert result.wall_seconds == min(note.run.wall_seconds for note in timed)
    assert all(note.outputs for note in timed)


# -- through the worker -----------------------------------------------------------------------------------------------


@pytest.fixture
def code_task(competition: Competition, built: BuiltRuntime, store: Store, tmp_path: Path) -> None:
    _write(tmp_path / "in", {"scene.txt": "ice"})
    digest = store.put_inputs(tmp_path / "in")
    runtime = makers.make_runtime(built.digest)
    limits = {"wall_seconds": 60, "memory_mib": 256}
    both = {"inputs_digest": digest, "trial_inputs_digest": digest, "limits": limits, "trial_limits": limits}
    makers.make_code_task(competition, runtime=runtime, **both)


def sleeping_program(seconds: float, mark: str) -> bytes:
    """Its children carry the mark in their command lines, where the host sees it."""
    main = f"""
        import subprocess, sys, time
        print("started", flush=True)
        subprocess.run([sys.executable, "-c", "import time; time.sleep({seconds})", "{mark}"])
        open("submission/p.csv", "w").write("id,y\\na,1\\n")
    """
    return textwrap.dedent(main).encode()


@contextlib.contextmanager
def at_work(store: Store, runner: Runner, built: BuiltRuntime) -> Iterator[threading.Thread]:
    claim = makers.claim_run(runtimes=(built.digest,))
    work = {"runner": runner, "store": store, "built": {built.digest: built}}
    thread = threading.Thread(target=_work, args=(claim,), kwargs=work)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def _work(claim: Any, **work: Any) -> None:
    from django.db import connection

    try:
        program_runs.work(claim, **work)
    finally:
        connection.close()


def wait_for(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_stopping_a_program_ends_all_its_processes_at_once(
    code_task: None, team: Team, store: Store, runner: Runner, built: BuiltRuntime
) -> None:
    mark = f"mark-{uuid.uuid4().hex}"
    submission = makers.make_program_submission(team, content=sleeping_program(60, mark))
    with at_work(store, runner, built) as thread:
        wait_for(lambda: Execution.objects.get().log == "started\n")  # a trial's log is followed live
        assert processes_with(mark)
        submissions.cancel(submission, user=submission.user, now=timezone.now())
        cancelled_at = time.monotonic()
        thread.join(20)
        took = time.monotonic() - cancelled_at
    assert took < 5  # 1 to 2 s on an idle machine: one beat of the heart, and the end of the box
    assert processes_with(mark) == []
    execution = Execution.objects.get()
    assert (execution.status, execution.attempt) == ("cancelled", 1)
    assert submission.evaluations.get().failure_kind == "trial"


@pytest.mark.django_db(transaction=True)
def test_the_log_of_hidden_inputs_is_never_there_while_the_program_runs_and_kept_for_organisers(
    code_task: None, team: Team, store: Store, runner: Runner, built: BuiltRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1: what a program writes about hidden inputs is for organisers."""
    monkeypatch.setattr(program_runs, "BEAT_SECONDS", 0.1)
    submission: Submission = makers.make_program_submission(team, content=sleeping_program(1.5, "hidden"))
    trial = submission.executions.get()
    claim = makers.claim_run(runtimes=(built.digest,))
    executions.record(claim, makers.make_ended(None), now=timezone.now())
    assert trial.shows_log
    seen = set()
    with at_work(store, runner, built) as thread:
        while thread.is_alive():
            seen.add(tuple(submission.executions.filter(kind="full", status="running").values_list("log", "shows_log")))
            time.sleep(0.05)
    assert seen <= {(("", False),), ()}
    full = submission.executions.get(kind="full")
    assert (full.status, full.log, full.shows_log) == ("done", "started\n", False)
    assert submission.evaluations.get().status == "queued"

"""Hostile files of every kind that we know are sent to a live site, and then the site is looked over.

Each must be refused in words that say what and where, cost no quota, and leave nothing: no file, no process, no control
group, no memory. Afterwards an honest file still scores.
"""

import contextlib
import html
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox import cgroups
from tests.hostile_files import (
    MASK,
    PER_DAY,
    PERFECT,
    SLUG,
    TASKS,
    TRUTH_FILE,
    HostileFile,
    honest_files,
    hostile_files,
    make_fortress,
    raw_truth,
)
from tests.journeys.contestants import FINISHED, Contestant, import_contest, make_contestants, make_owner
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(400)]
FLAT_MIB = 30
WEB_FLAT_MIB = 45  # it buffers what comes faster than a disk takes it, but never a whole file of 64 MiB
SLOTS = 2
LAUNCHER = "sandbox/launch.py"
BOX = re.compile(r"bwrap|^/venv/bin/python .*-m scoring")
TRUTH = """
from django.conf import settings
from competitions.models import Task
from competitions.store import Store
version = Task.objects.get(key={key!r}).current_version
answer = str(Store(settings.FILES_DIR).truth_path(version.truth_digest))
"""
RECORDS = """
from collections import Counter
from competitions.models import Evaluation, Score, Standing
answer = {
    "states": Counter(Evaluation.objects.values_list("status", flat=True)),
    "kinds": Counter(Evaluation.objects.filter(status="failed").values_list("failure_kind", flat=True)),
    "attempts": Counter(Evaluation.objects.values_list("attempt", flat=True)),
    "scores_of_refused": Score.objects.filter(evaluation__status="failed").count(),
}
"""
# A path that only we could have written: where we keep things, or where they are mounted in a box.
OUR_PATHS = re.compile(
    r"(?<![\w.<:/-])/(tmp|home|work|root|app|venv|truth|prediction|input|output|proc|var|usr|dev)/|site-packages|Traceback"
)


# -- what a site is made of ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Machine:
    """The processes of a site, as /proc tells of them."""

    site: Site

    def processes(self) -> list[int]:
        """All that descend from the site's first process, wherever they have moved to."""
        assert self.site.process is not None
        children: dict[int, list[int]] = {}
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
        found, waiting = [], [self.site.process.pid]
        while waiting:
            found.append(waiting.pop())
            waiting += children.get(found[-1], [])
        return found

    def boxes(self) -> list[int]:
        return [process for process in self.processes() if BOX.search(self.name(process))]

    def settle(self) -> None:
        """Wait until no box runs and no process comes or goes any more."""

        def is_calm() -> bool:
            earlier = set(self.processes())
            time.sleep(0.5)
            return not self.boxes() and set(self.processes()) == earlier

        wait_until(is_calm, seconds=30, what="the site has come to rest")

    def control_groups(self) -> list[str]:
        owners = {f"tidemark.{process}." for process in self.processes()}
        found = []
        for parent, folders, _ in os.walk("/sys/fs/cgroup"):  # unlike glob it does not mind what goes meanwhile
            found += [f"{parent}/{name}" for name in folders if any(name.startswith(owner) for owner in owners)]
        return found

    def launchers(self) -> set[int]:
        return {process for process in self.processes() if LAUNCHER in self.name(process)}

    def memory_mib(self, line: str) -> dict[int, float]:
        """VmRSS (now) or VmHWM (the most since it was forgotten) of each process that is meant to stay."""
        found = {}
        for process in set(self.processes()) - self.launchers():
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{process}/status").read_text()
                match = re.search(rf"{line}:\s+(\d+) kB", status)
                if match:
                    found[process] = int(match[1]) / 1024
        return found

    def forget_peaks(self) -> None:
        for process in self.processes():
            with contextlib.suppress(OSError):
                Path(f"/proc/{process}/clear_refs").write_text("5")

    def name(self, process: int) -> str:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:160]
        return "gone"

    def at_work(self) -> dict[str, list[str]]:
        """What is there while files are worked on, and may not stay."""
        return {
            "boxes": [self.name(process) for process in self.boxes()],
            "control groups": self.control_groups(),
            "scratch": [str(path) for path in (self.site.home / "scratch").glob("*")],
            "incoming": [str(path) for path in (self.site.home / "files" / "incoming").glob("*")],
        }


# -- the siege -------------------------------------------------------------------------------------------------------


@dataclass
class Siege:
    """What was sent, what came back, and the state of the site before and after."""

    contestant: Contestant
    machine: Machine
    received: list[tuple[HostileFile, dict[str, Any]]] = field(default_factory=list)  # the answer to the upload
    outcomes: dict[int, dict[str, Any]] = field(default_factory=dict)
    honest: list[dict[str, Any]] = field(default_factory=list)
    allowance_before: dict[str, Any] = field(default_factory=dict)
    allowance_after: dict[str, Any] = field(default_factory=dict)
    memory_before: dict[int, float] = field(default_factory=dict)
    memory_peak: dict[int, float] = field(default_factory=dict)
    seen_at_work: set[str] = field(default_factory=set)
    left: dict[str, list[str]] = field(default_factory=dict)
    launchers: set[int] = field(default_factory=set)

    def all_finished(self) -> bool:
        self.seen_at_work |= {name for name, found in self.machine.at_work().items() if found}
        return self.has_every_answer()

    def has_every_answer(self) -> bool:
        """Through the list, fifty at a time: asking for each by itself would run into the throttle."""
        address = f"competitions/{SLUG}/submissions/"
        pages = -(-len(self.received) // 50) + 1
        with_later = [self.contestant.api(f"{address}?page={number}") for number in range(1, pages)]
        states = Counter(row["status"] for page in with_later for row in page["results"])
        return set(states) <= FINISHED


def send_honest(siege: Siege, files: dict[str, tuple[str, bytes]]) -> None:
    sent = [siege.contestant.upload(data, name, task=task) for task, (name, data) in files.items()]
    siege.honest += [siege.contestant.outcome(one["number"]) for one in sent]


def send_hostile(siege: Siege, files: Iterator[HostileFile]) -> None:
    for file in files:
        siege.received.append((file, siege.contestant.upload(file.content, file.file_name, task=file.task)))
    wait_until(siege.all_finished, seconds=240, every=2, what="all hostile files are answered")
    siege.outcomes = {answer["number"]: siege.contestant.submission(answer["number"]) for _, answer in siege.received}


def look_over(siege: Siege) -> None:
    siege.machine.settle()
    siege.memory_peak = siege.machine.memory_mib("VmHWM")
    siege.launchers = siege.machine.launchers()
    siege.left = siege.machine.at_work()


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the organiser's files lie, the truth too."""
    return tmp_path_factory.mktemp("organiser") / "contest"


@pytest.fixture(scope="module")
def fortress(blank_site: Site, contest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("fortress")
    site = Site(folder / "home", {"TIDEMARK_SWEEP_SECONDS": "2", "TIDEMARK_WORKER_SLOTS": str(SLOTS)})
    site.begin_as(blank_site)
    make_owner(site, "owner")
    import_contest(site, make_fortress(contest), owner="owner")
    site.start()
    yield site
    site.stop()
    assert site.children("") == []


@pytest.fixture(scope="module")
def siege(fortress: Site, contest: Path, tmp_path_factory: pytest.TempPathFactory) -> Siege:
    folder = tmp_path_factory.mktemp("files")
    truth = Path(fortress.python(TRUTH.format(key=MASK)))
    assert (truth / TRUTH_FILE).is_file()  # else the file that points there would point at nothing
    siege = Siege(make_contestants(fortress, "besieger", slug=SLUG)[0], Machine(fortress))
    honest = honest_files(folder / "honest")
    send_honest(siege, honest)
    siege.allowance_before = siege.contestant.allowance()
    siege.machine.settle()
    siege.memory_before = siege.machine.memory_mib("VmRSS")
    siege.machine.forget_peaks()
    send_hostile(siege, hostile_files(folder / "hostile", truth=truth, raw=raw_truth(contest)))
    look_over(siege)
    siege.allowance_after = siege.contestant.allowance()
    send_honest(siege, honest)
    return siege


def test_every_hostile_file_is_refused_in_words_that_say_what_and_where(siege: Siege) -> None:
    wrong = {}
    for file, answer in siege.received:
        outcome = siege.outcomes[answer["number"]]
        problems = outcome["problems"]
        told = "\n".join(problem["message"] for problem in problems)
        is_right = (
            (outcome["status"], outcome["failure_kind"]) == ("failed", "invalid")
            and [problem["code"] for problem in problems] == list(file.codes)
            and outcome["problem_count"] >= len(problems)
            and file.words in told
            and outcome["scores"] is None
        )
        if not is_right:
            wrong[str(file)] = (outcome["status"], outcome["failure_kind"], problems[:3])
    assert not wrong
    assert len(siege.received) > 100
    assert {file.task for file, _ in siege.received} == set(TASKS)


def test_no_hostile_file_costs_quota_and_each_is_counted_as_refused(siege: Siege) -> None:
    for name in ("left_today", "used_today", "used_in_all", "is_allowed"):
        assert siege.allowance_after[name] == siege.allowance_before[name]
    assert siege.allowance_before["used_today"] == len(TASKS)
    assert siege.allowance_before["left_today"] == PER_DAY - len(TASKS)
    refused = siege.allowance_after["rejected_today"] - siege.allowance_before["rejected_today"]
    assert refused == len(siege.received)


def test_each_was_tried_once_and_none_counts_as_our_fault(siege: Siege, fortress: Site) -> None:
    records = fortress.python(RECORDS)
    assert records["states"] == {"failed": len(siege.received), "scored": 2 * len(TASKS)}
    assert records["kinds"] == {"invalid": len(siege.received)}
    assert records["attempts"] == {"1": len(siege.received) + 2 * len(TASKS)}
    assert records["scores_of_refused"] == 0


def test_nothing_is_left_behind(siege: Siege) -> None:
    has_groups = cgroups.find() is not None  # without root there may be none to use
    expected = {"boxes", "scratch"} | ({"control groups"} if has_groups else set())
    assert siege.seen_at_work >= expected  # so what stayed would have been found
    assert (siege.machine.site.home / "files" / "incoming").is_dir()
    assert siege.left == {"boxes": [], "control groups": [], "scratch": [], "incoming": []}


def test_no_process_grew_or_had_to_be_started_again(siege: Siege) -> None:
    """Also the web server, which took a file of 64 MiB. What launches boxes is made anew for each box."""
    before, peak = siege.memory_before, siege.memory_peak
    assert set(before) == set(peak)
    growth = {process: peak[process] - before[process] for process in peak}
    web = {process for process in peak if "granian" in siege.machine.name(process)}
    assert web
    print([(siege.machine.name(process), round(peak[process], 1), round(growth[process], 1)) for process in peak])
    assert {
        process: mib for process, mib in growth.items() if mib > (WEB_FLAT_MIB if process in web else FLAT_MIB)
    } == {}
    workers = siege.machine.site.children("-Q evaluations")
    assert len(workers) > SLOTS  # the first of them, and one a slot
    assert set(workers) <= set(peak)
    assert len(siege.launchers) <= SLOTS * 3  # a launcher, the next box's warden and its child


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_page_shows_a_path_or_a_traceback(siege: Siege, language: str) -> None:
    """Every tenth page, and all of those that had a path or markup of their own in them."""
    own = ("VRT", "path", "name", "drive", "escape", "override")
    chosen = [
        (file, answer["number"])
        for index, (file, answer) in enumerate(siege.received)
        if index % 10 == 0 or any(word in file.name for word in own)
    ]
    for file, number in chosen:
        text = siege.contestant.page(f"submissions/{number}/", language)
        assert not OUR_PATHS.search(visible(text)), file
        assert str(siege.machine.site.home) not in text, file
        assert "<script>alert" not in text, file
        assert "\x1b" not in text, file
        assert "\u202e" not in text, file


def test_the_link_to_the_truth_would_have_won(contest: Path, siege: Siege, tmp_path: Path) -> None:
    """Opened where the truth can be reached, it is a perfect prediction: this attack is a real one."""
    (link,) = [file for file, _ in siege.received if file.name == "VRT of the organiser's truth"]
    (tmp_path / "pred.tif").write_bytes(link.content)
    program = (
        "import rasterio, sys; a, b = (rasterio.open(path).read() for path in sys.argv[1:]); print((a == b).all())"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "pred.tif"), str(raw_truth(contest))]
    unlocked = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL", "CPL", "VRT"))}
    assert subprocess.run(arguments, env=unlocked, capture_output=True, text=True, check=True).stdout == "True\n"


def visible(page: str) -> str:
    """A page's words, without its tags, whose attributes hold addresses of the site."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page))


def test_no_answer_of_the_api_shows_a_path_or_a_traceback(siege: Siege) -> None:
    for file, answer in siege.received:
        for content in (answer, siege.outcomes[answer["number"]]):
            told = [str(value) for key, value in content.items() if not key.endswith("url")]
            assert not OUR_PATHS.search("\n".join(told)), file
            assert str(siege.machine.site.home) not in str(content), file
            assert "/" not in content["file_name"], file


def test_the_logs_tell_of_no_fault(siege: Siege) -> None:
    """A refused file is no error of ours: nothing in the worker's or the web server's log needs an operator."""
    logs = siege.machine.site.home / "logs"
    for name in ("worker", "web", "housekeeper"):
        text = (logs / f"{name}.log").read_text()
        assert "Traceback" not in text, name
        assert " ERROR " not in text, name


def test_an_honest_file_still_scores(siege: Siege) -> None:
    assert [one["status"] for one in siege.honest] == ["scored"] * 2 * len(TASKS), siege.honest
    assert [list(one["scores"].values()) for one in siege.honest] == [[score] for score in PERFECT] * 2

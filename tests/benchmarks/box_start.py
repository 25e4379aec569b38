"""What a box costs, against the bare program in the same run.

    python -m tests.benchmarks.box_start [--rounds 30] [--only start import work calls]

The bare program, the box without a control group and the box with one take turns in random order within each round, so
that a machine that is busy for a moment is busy for all, and with a pause before each, so that what one leaves to be
done (the launcher's next pair of processes) is not laid on the next. `start` and `import` are measured from outside,
from the request to the result; the slower `work` (a decomposition of matrices) and `calls` (system calls in a loop)
time themselves inside, since what they ask is whether anything runs slower in a box than outside of it.

Printed are medians, the median of the differences within a round, and the ratio of medians, beside the limits that the
project has set itself: 15 ms without and 25 ms with a control group to start Python, 5 % on an import, and nothing that
can be measured on numeric work.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import Limits, Runner, RunRequest, Stage, make_runner

PAUSE_SECONDS = 0.05
LIMITS = Limits(wall_seconds=120, cpu_seconds=120, memory_mib=1024, cpus=os.cpu_count() or 1)
WORK = """
import time
import numpy as np
matrix = np.random.default_rng(1).normal(size=(400, 400))
np.linalg.svd(matrix)
start = time.perf_counter()
for _ in range(2): np.linalg.svd(matrix)
print(time.perf_counter() - start)
"""
CALLS = """
import os, time
start = time.perf_counter()
for _ in range(100000): os.getppid(); os.stat('/tmp')
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Program:
    """What is run, whether it tells its own time in seconds, and the limits: ms on top, or a ratio."""

    title: str
    code: str
    tells: bool = False
    most_ms: tuple[float, float] | None = None
    most_ratio: float | None = None


PROGRAMS = {
    "start": Program("python -I -c pass", "pass", most_ms=(15, 25)),
    "import": Program("import numpy, rasterio", "import numpy, rasterio", most_ratio=1.05),
    "work": Program("svd of 400 x 400, twice", WORK, tells=True, most_ratio=1.02),
    "calls": Program("200000 system calls", CALLS, tells=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", nargs="*", choices=sorted(PROGRAMS), default=list(PROGRAMS))
    options = parser.parse_args()
    plain, grouped = make_runner(use_cgroups=False), make_runner()
    print(f"{options.rounds} rounds, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in options.only:
        program = PROGRAMS[name]
        kinds: dict[str, Callable[[], float]] = {
            "bare": lambda program=program: _bare(program),  # type: ignore[misc]
            "box": lambda program=program: _boxed(plain, program, 38),  # type: ignore[misc]
            "box and control group": lambda program=program: _boxed(grouped, program, 39),  # type: ignore[misc]
        }
        _print(program, measure(kinds, options.rounds))
    for runner in (plain, grouped):
        runner.close()


def measure(kinds: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round and kind; one round before the first is thrown away."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds + 1):
        for kind in random.sample(list(kinds), len(kinds)):
            time.sleep(PAUSE_SECONDS)
            spent = kinds[kind]()
            if number:
                took[kind].append(spent * 1000)
    return took


def _print(program: Program, took: dict[str, list[float]]) -> None:
    bare = statistics.median(took["bare"])
    for number, (kind, values) in enumerate(took.items()):
        middle = statistics.median(values)
        more = statistics.median(value - base for value, base in zip(values, took["bare"], strict=True))
        limit = ""
        if number and program.most_ms:
            limit = f"  (at most {program.most_ms[number - 1]:+.0f} ms)"
        elif number and program.most_ratio:
            limit = f"  (at most x{program.most_ratio:.2f})"
        times = f"{middle:8.1f} ms{min(values):8.1f} least{more:+8.1f} ms  x{middle / bare:.3f}"
        print(f"{program.title:26}{kind:24}{times}{limit}")


def _bare(program: Program) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-I", "-c", program.code],
        check=True,
        capture_output=True,
        env=_threads(),
        stdin=subprocess.DEVNULL,
    )
    return float(done.stdout) if program.tells else time.perf_counter() - started


def _boxed(runner: Runner, program: Program, slot: int) -> float:
    request = RunRequest("measure", Stage.PREDICT, ("/venv/bin/python", "-I", "-c", program.code), (), LIMITS)
    started = time.perf_counter()
    run = runner.run(request, slot=slot)
    assert run.ok, run.stderr
    return float(run.stdout) if program.tells else time.perf_counter() - started


def _threads() -> dict[str, str]:
    """As many threads of numeric libraries outside as inside."""
    return {"OPENBLAS_NUM_THREADS": str(int(LIMITS.cpus)), "OMP_NUM_THREADS": str(int(LIMITS.cpus))}


if __name__ == "__main__":
    main()

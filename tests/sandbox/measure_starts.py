"""What a box costs: `python -m tests.sandbox.measure_starts [ROUNDS]` prints medians against the bare program.

The kinds take turns in random order within each round, so that a machine that is busy for a moment is busy for all.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from sandbox import Limits, Runner, RunRequest, Stage, make_runner

PROGRAMS = {"python -I -c pass": "pass", "numpy + rasterio": "import numpy, rasterio"}
LIMITS = Limits(wall_seconds=60, cpu_seconds=60, memory_mib=1024, cpus=2)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    plain, grouped = make_runner(use_cgroups=False), make_runner()
    for title, code in PROGRAMS.items():
        kinds: dict[str, Callable[[], None]] = {
            "bare": lambda code=code: _bare(code),  # type: ignore[misc]
            "box": lambda code=code: _boxed(plain, code, 8),  # type: ignore[misc]
            "box and control group": lambda code=code: _boxed(grouped, code, 9),  # type: ignore[misc]
        }
        took = measure(kinds, rounds)
        bare = statistics.median(took["bare"])
        for kind, values in took.items():
            middle = statistics.median(values)
            print(f"{title:20}{kind:24}{middle:8.1f} ms  {middle - bare:+7.1f} ms  x{middle / bare:.2f}")
    for runner in (plain, grouped):
        runner.close()


def measure(kinds: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round and kind; one round before the first is thrown away."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds + 1):
        for kind in random.sample(list(kinds), len(kinds)):
            started = time.perf_counter()
            kinds[kind]()
            if number:
                took[kind].append((time.perf_counter() - started) * 1000)
    return took


def _bare(code: str) -> None:
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def _boxed(runner: Runner, code: str, slot: int) -> None:
    request = RunRequest("measure", Stage.PREDICT, ("/venv/bin/python", "-I", "-c", code), (), LIMITS)
    assert runner.run(request, slot=slot).ok


if __name__ == "__main__":
    main()

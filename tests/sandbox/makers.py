"""Requests for tests, with keyword overrides."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path

import pytest

from sandbox import Limits, Mount, RunRequest, Stage

ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a uid per slot and stages mounts")


def make_limits(**changes: float) -> Limits:
    return Limits(**({"wall_seconds": 10, "cpu_seconds": 10, "memory_mib": 512} | changes))  # type: ignore[arg-type]


def make_request(code: str, *mounts: Mount, stage: Stage = Stage.NORMALISE, **changes: object) -> RunRequest:
    limits = changes.pop("limits", make_limits())
    argv = ("python", "-c", textwrap.dedent(code))
    return RunRequest(f"test-{time.monotonic_ns()}", stage, argv, mounts, limits, **changes)  # type: ignore[arg-type]

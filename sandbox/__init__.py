"""Runs an untrusted command in a box and says what happened. Knows neither scoring nor the site; see box.py."""

from sandbox.box import Half, make_runner, make_trusted_runner, run_joined
from sandbox.run import (
    Finding,
    Limits,
    Mount,
    Outcome,
    OutputSpec,
    Run,
    Runner,
    RunRequest,
    SandboxError,
    Severity,
    Stage,
)

__all__ = [
    "Finding",
    "Half",
    "Limits",
    "Mount",
    "Outcome",
    "OutputSpec",
    "Run",
    "RunRequest",
    "Runner",
    "SandboxError",
    "Severity",
    "Stage",
    "make_runner",
    "make_trusted_runner",
    "run_joined",
]

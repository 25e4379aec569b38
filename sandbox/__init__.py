"""Runs an untrusted command in a box and says what happened. Knows neither scoring nor the site; see box.py."""

from sandbox.box import BACKENDS, Half, make_runner, make_trusted_runner, run_joined
from sandbox.docker import DockerSettings
from sandbox.kubernetes import KubernetesSettings
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
    "BACKENDS",
    "DockerSettings",
    "Finding",
    "Half",
    "KubernetesSettings",
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

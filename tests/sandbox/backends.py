"""The back ends that the attack suite is run against. One that is not here is named in the skipped tests, with why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import Runner, cgroups, make_runner


@dataclass(frozen=True)
class Backend:
    """How to make a runner, and what is missing for it on this machine (nothing: the empty string)."""

    name: str
    make: Callable[[], Runner]
    missing: Callable[[], str]


def _no_bubblewrap() -> str:
    return "" if shutil.which("bwrap", path="/usr/bin") else "bubblewrap is not installed"


def _no_control_groups() -> str:
    return _no_bubblewrap() or ("" if cgroups.find() else "this machine has no control groups that we may write to")


BACKENDS = (
    Backend("bubblewrap with control groups", make_runner, _no_control_groups),
    Backend("bubblewrap without control groups", lambda: make_runner(use_cgroups=False), _no_bubblewrap),
)

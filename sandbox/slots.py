"""Slots: numbers under which runs go on side by side, each with one run at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from sandbox.run import SandboxError


class Slots:
    """Which slots of one runner have a run. Safe to use from many threads."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def only_run_in(self, slot: int) -> Iterator[None]:
        """Hold a slot.

        Raises:
            ValueError: a slot below 0.
            SandboxError: the slot has a run.
        """
        if slot < 0:
            raise ValueError(f"slot {slot} is below 0")
        with self._lock:
            if slot in self._taken:
                raise SandboxError(f"slot {slot} already has a run; runs side by side need a slot each")
            self._taken.add(slot)
        try:
            yield
        finally:
            with self._lock:
                self._taken.discard(slot)

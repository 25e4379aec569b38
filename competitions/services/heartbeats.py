"""The thread beside a worker's work: it keeps the lease alive, and says when the claim is lost."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connection

log = logging.getLogger(__name__)


@contextmanager
def heartbeat(beat: Callable[[], bool], *, every_seconds: float) -> Iterator[threading.Event]:
    """Call `beat` again and again, beside the block. The event is set once it says no: stop the boxes then."""
    done, lost = threading.Event(), threading.Event()
    thread = threading.Thread(target=_go_on, args=(beat, every_seconds, done, lost), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


def _go_on(beat: Callable[[], bool], every_seconds: float, done: threading.Event, lost: threading.Event) -> None:
    try:
        while not done.wait(every_seconds):
            close_old_connections()
            if not _is_still_ours(beat):
                lost.set()
                return
    finally:
        connection.close()


def _is_still_ours(beat: Callable[[], bool]) -> bool:
    try:
        return beat()
    except Exception:
        # A database that is away for a moment is not a lost claim; if it stays away, the fence decides in the end.
        log.exception("a lease could not be extended")
        return True

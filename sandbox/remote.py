"""What the back ends share whose boxes another program runs for us: the Docker engine, a cluster."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from sandbox.run import SandboxError


@contextlib.contextmanager
def losing_no_box() -> Iterator[None]:
    """Whatever breaks between us and the box is our fault, not the program's.

    Raises:
        SandboxError: an OSError came up inside.
    """
    try:
        yield
    except OSError as error:
        raise SandboxError(f"the box was lost: {error}") from error


def is_over(deadline: str) -> bool:
    """Whether a deadline, in whole seconds of the Unix epoch, has passed. What is no number never has."""
    return deadline.isdecimal() and int(deadline) < time.time()


def duplicate(descriptor: int, held: contextlib.ExitStack) -> int:
    """Our own copy of the caller's descriptor, closed with `held`."""
    own = os.dup(descriptor)
    held.callback(os.close, own)
    return own

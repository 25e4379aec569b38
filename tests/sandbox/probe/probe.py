"""For programs in the box: tries things and tells the harness, on stdout, what went wrong.

A thing that must not work must fail with the errno that the box gives, not just with any: `io_uring_setup(8, NULL)`
fails without any box too. Whatever should not have happened is printed as a line that starts with ESCAPED; a program
that reaches its end prints DONE and how many things held.
"""

import errno
import os
import signal
import sys

from calls import syscall

__all__ = ["done", "escaped", "expect", "held", "killed", "ready", "refused", "syscall", "until_the_other_has_ended"]
_held = []


def held():
    _held.append(1)


def escaped(what):
    print("ESCAPED", what, flush=True)


def expect(what, is_so):
    if is_so:
        held()
    else:
        escaped(what)


def refused(what, call, *errnos):
    """The call must raise OSError with one of the errnos."""
    try:
        call()
    except OSError as error:
        if error.errno in errnos:
            held()
        else:
            escaped(
                f"{what}: failed with {errno.errorcode.get(error.errno, error.errno)}, so the box did not refuse it"
            )
    else:
        escaped(what)


def killed(what, call, *signals):
    """The call, in a child, must end it with SIGSYS (or one of the signals)."""
    child = os.fork()
    if child == 0:
        try:
            call()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    expect(
        f"{what}: was not killed (status {status})",
        os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signals or (signal.SIGSYS,)),
    )


def done():
    print("DONE", len(_held), flush=True)


def ready():
    """For a program that another runs beside: the harness starts the other when it reads this."""
    print("READY", flush=True)


def until_the_other_has_ended():
    """The harness closes stdin then."""
    sys.stdin.read()

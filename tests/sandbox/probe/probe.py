"""For programs in the box: tries things and tells the harness, on stdout, what went wrong.

A thing that must not work must fail with the errno that the box gives, not just with any: `io_uring_setup(8, NULL)`
fails without any box too. Whatever should not have happened is printed as a line that starts with ESCAPED; a program
that reaches its end prints DONE and how many things held.
"""

import ctypes
import errno
import os
import signal

_libc = ctypes.CDLL(None, use_errno=True)
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


def syscall(number, *arguments):
    result = _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


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

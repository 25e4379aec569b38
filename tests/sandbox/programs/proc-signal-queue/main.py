import ctypes
import errno
import os
import signal

from calls import call
from probe import done, expect, refused

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGRTMIN})
information = (ctypes.c_int * 32)(signal.SIGRTMIN, 0, -1)
sent = []


def send():
    for _ in range(5000):
        call("rt_sigqueueinfo", os.getpid(), signal.SIGRTMIN, ctypes.addressof(information))
        sent.append(1)


refused("5000 signals", send, errno.EAGAIN)
expect(f"{len(sent)} signals", len(sent) <= 256)
done()

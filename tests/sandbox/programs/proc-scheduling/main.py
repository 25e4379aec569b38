import ctypes
import errno
import os

from calls import call
from probe import done, refused

for policy in (os.SCHED_FIFO, os.SCHED_RR, os.SCHED_BATCH, os.SCHED_IDLE):
    refused(
        f"policy {policy}",
        lambda: os.sched_setscheduler(0, policy, os.sched_param(1 if policy < 3 else 0)),
        errno.EPERM,
    )
deadline = (ctypes.c_uint64 * 6)(48 | 6 << 32, 0, 0, 10**6, 10**7, 10**7)
refused("deadline", lambda: call("sched_setattr", 0, ctypes.addressof(deadline), 0), errno.EPERM)
refused("disk priority", lambda: call("ioprio_set", 1, 0, 1 << 13), errno.EPERM)
done()

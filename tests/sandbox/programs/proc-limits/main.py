import errno
import os
import resource

from probe import done, expect, refused

for name in ("CORE", "CPU", "FSIZE", "NOFILE", "NPROC", "STACK", "MEMLOCK", "MSGQUEUE"):
    kind = getattr(resource, f"RLIMIT_{name}")
    _, hard = resource.getrlimit(kind)
    expect(f"{name} is not limited", hard != resource.RLIM_INFINITY)
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
    except (ValueError, OSError):
        expect("", True)
    else:
        expect(f"{name} can be raised", False)
refused("priority can be raised", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5), errno.EACCES, errno.EPERM)
refused("real-time scheduling", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)), errno.EPERM)
done()

import errno
import os

from probe import done, expect, refused

child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
expect(f"process numbers are shared: {os.getpid()}, {child}", child <= os.getpid() + 2 < 20)
for number in range(child + 1, 60):
    refused(f"{number} has a priority", lambda: os.getpriority(os.PRIO_PROCESS, number), errno.ESRCH)
    refused(f"{number} has a session", lambda: os.getsid(number), errno.ESRCH)
    refused(f"{number} has processors", lambda: os.sched_getaffinity(number), errno.ESRCH)
done()

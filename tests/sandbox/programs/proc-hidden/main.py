import errno
import os
import sys

from probe import done, expect, refused

expect("process numbers are the host's", os.getpid() < 20)
expect("the first process is not the parent", os.getppid() == 1)
expect("/proc is there", not os.path.exists("/proc/self"))
os.kill(1, 9)  # the first process of a namespace cannot be killed from inside
for number in (300, 1000, int(sys.argv[2]), 30000):
    refused(f"process {number} can be signalled", lambda: os.kill(number, 0), errno.ESRCH)
    refused(f"priority of {number} can be read", lambda: os.getpriority(os.PRIO_PROCESS, number), errno.ESRCH)
    refused(f"group of {number} can be read", lambda: os.getpgid(number), errno.ESRCH)
done()

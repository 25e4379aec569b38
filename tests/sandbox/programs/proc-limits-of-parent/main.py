import errno
import os
import resource

from probe import done, refused

child = os.fork()
if child == 0:
    import time

    time.sleep(2)
for number in (1, child, 2**30):
    refused(f"limits of {number}", lambda: resource.prlimit(number, resource.RLIMIT_CPU), errno.EPERM)
os.kill(child, 9)
done()

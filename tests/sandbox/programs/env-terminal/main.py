import errno
import os

from probe import done, expect, refused

for number in range(3):
    expect(f"{number} is a terminal", not os.isatty(number))
    refused(f"the foreground group of {number}", lambda: os.tcgetpgrp(number), errno.EPERM, errno.ENOTTY)
for path in ("/dev/tty", "/dev/console", "/dev/pts/0", "/dev/ptmx", "/dev/tty1"):
    refused(path, lambda: os.open(path, os.O_RDWR), errno.ENOENT)
expect(f"the session is {os.getsid(0)}", os.getsid(0) in (0, 1, os.getpid()))
done()

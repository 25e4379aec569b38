import errno
import os
import stat

from probe import done, expect, refused

for number in range(3, 256):
    refused(f"descriptor {number} is open", lambda: os.fstat(number), errno.EBADF)
expect("stdin is not empty", os.read(0, 1) == b"")
expect("stdout is no pipe", stat.S_ISFIFO(os.fstat(1).st_mode))
expect("stderr is no pipe", stat.S_ISFIFO(os.fstat(2).st_mode))
for number in range(3):
    expect(f"{number} is a terminal", not os.isatty(number))
done()

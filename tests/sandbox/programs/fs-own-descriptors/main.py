import errno
import os

from probe import done, refused

for path in ("/dev/fd", "/dev/fd/0", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc/self/fd", "/proc/self/fd/1"):
    refused(f"{path} is there", lambda: os.stat(path), errno.ENOENT)
done()

import errno
import os

from probe import done, expect, refused

file = os.open("/input/data.txt", os.O_RDONLY)
for path in (f"/proc/self/fd/{file}", f"/proc/thread-self/fd/{file}", f"/dev/fd/{file}"):
    refused(path, lambda: os.open(path, os.O_RDWR), errno.ENOENT)
expect("the input changed", os.pread(file, 100, 0) == b"input\n")
done()

import errno
import os

from probe import done, refused

file = os.open("/tmp/file", os.O_CREAT | os.O_RDWR)
refused("beyond the file limit", lambda: os.posix_fallocate(file, 0, 1 << 40), errno.EFBIG)
refused("beyond the folder", lambda: os.posix_fallocate(file, 0, 60 << 20), errno.ENOSPC)
done()

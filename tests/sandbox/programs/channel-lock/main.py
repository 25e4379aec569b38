import errno
import fcntl
import os

from probe import done, refused

data = os.open("/input/shared.txt", os.O_RDONLY)
for kind in (fcntl.LOCK_EX, fcntl.LOCK_SH):
    refused(f"flock {kind}", lambda: fcntl.flock(data, kind | fcntl.LOCK_NB), errno.EPERM)
folder = os.open("/input", os.O_RDONLY)
refused("flock of the folder", lambda: fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB), errno.EPERM)
done()

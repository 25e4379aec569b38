import errno
import fcntl

from probe import done, refused

for number in range(3):
    refused(f"F_SETOWN of {number}", lambda: fcntl.fcntl(number, fcntl.F_SETOWN, -1), errno.EPERM)
    refused(f"F_SETSIG of {number}", lambda: fcntl.fcntl(number, fcntl.F_SETSIG, 9), errno.EPERM)
done()

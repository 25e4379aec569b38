import errno
import fcntl
import os

from probe import done, ready, refused, until_the_other_has_ended

data = os.open("/input/shared.txt", os.O_RDONLY)
refused("flock", lambda: fcntl.flock(data, fcntl.LOCK_EX | fcntl.LOCK_NB), errno.EPERM)
ready()
until_the_other_has_ended()
done()

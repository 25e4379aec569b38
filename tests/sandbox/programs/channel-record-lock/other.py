import errno
import fcntl
import os
import struct

from probe import done, ready, refused, until_the_other_has_ended

data = os.open("/input/shared.txt", os.O_RDONLY)
whole = struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 0, 0)
refused("F_OFD_SETLK", lambda: fcntl.fcntl(data, 37, whole), errno.EPERM)
refused("F_SETLK", lambda: fcntl.fcntl(data, 6, whole), errno.EPERM)
ready()
until_the_other_has_ended()
done()

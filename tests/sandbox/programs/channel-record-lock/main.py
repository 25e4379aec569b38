import errno
import fcntl
import os
import struct

from probe import done, refused

data = os.open("/input/shared.txt", os.O_RDONLY)
whole = struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 0, 0)
for name, command in (
    ("F_GETLK", 5),
    ("F_SETLK", 6),
    ("F_SETLKW", 7),
    ("F_OFD_GETLK", 36),
    ("F_OFD_SETLK", 37),
    ("F_OFD_SETLKW", 38),
):
    if command not in (5, 36):
        refused(name, lambda: fcntl.fcntl(data, command, whole), errno.EPERM)
asked = struct.unpack("hhqqi", fcntl.fcntl(data, 5, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 0, 0)))
if asked[0] != fcntl.F_UNLCK:
    print("ESCAPED the other's lock can be seen")
done()

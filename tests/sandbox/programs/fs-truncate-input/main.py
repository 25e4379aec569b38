import errno
import os

from probe import done, expect, refused

refused("truncate", lambda: os.truncate("/input/data.txt", 0), errno.EROFS, errno.EACCES)
refused("O_TRUNC", lambda: os.open("/input/data.txt", os.O_RDONLY | os.O_TRUNC), errno.EROFS, errno.EACCES)
file = os.open("/input/data.txt", os.O_RDONLY)
refused("truncate through a descriptor", lambda: os.ftruncate(file, 0), errno.EINVAL)
refused("writing to it", lambda: os.write(file, b"x"), errno.EBADF)
expect("the input changed", os.read(file, 100) == b"input\n")
done()

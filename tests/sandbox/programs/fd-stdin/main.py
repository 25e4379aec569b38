import errno
import os

from probe import done, expect, refused

refused("stdin can be written", lambda: os.write(0, b"x"), errno.EBADF)
expect("stdin gives something", os.read(0, 100) == b"")
done()

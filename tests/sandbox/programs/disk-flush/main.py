import errno
import os

from calls import call
from probe import done, refused

refused("sync", os.sync, errno.EPERM) if False else None
file = os.open("/input/data.txt", os.O_RDONLY)
refused("syncfs", lambda: call("syncfs", file), errno.EPERM)
refused("sync", lambda: call("sync"), errno.EPERM)
done()

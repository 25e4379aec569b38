import errno
import os

from calls import call
from probe import done, refused

_, writing = os.pipe()
refused("vmsplice", lambda: call("vmsplice", writing, 0, 0, 8), errno.EPERM)
refused("move_pages", lambda: call("move_pages", 0, 0, 0, 0, 0, 0), errno.EPERM)
refused("migrate_pages", lambda: call("migrate_pages", 0, 0, 0, 0), errno.EPERM)
refused("remap_file_pages", lambda: call("remap_file_pages", 0, 4096, 0, 0, 0), errno.EPERM)
done()

import errno

from calls import call
from probe import done, refused

page = call("mmap", 0, 16 << 20, 3, 0x22, -1, 0)
refused("mlock", lambda: call("mlock", page, 16 << 20), errno.ENOMEM, errno.EPERM)
refused("mlockall", lambda: call("mlockall", 3), errno.EPERM)
refused("mlock2", lambda: call("mlock2", page, 16 << 20, 1), errno.EPERM)
done()

import errno

from calls import call
from probe import done, refused

refused("shared memory", lambda: call("shmget", 99, 4096, 0o1666), errno.EPERM)
refused("a message queue", lambda: call("msgget", 99, 0o1666), errno.EPERM)
done()

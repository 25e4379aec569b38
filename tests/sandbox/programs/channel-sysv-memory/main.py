import errno

from calls import call
from probe import done, refused

refused("finding the other's", lambda: call("shmget", 4711, 4096, 0), errno.EPERM)
refused("attaching any", lambda: call("shmat", 0, 0, 0), errno.EPERM)
done()
